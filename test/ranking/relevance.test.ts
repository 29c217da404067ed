import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sigmoid, toRelevance } from "../../src/ranking/relevance.ts";

test("the sigmoid is exact at both ends and in the middle", () => {
  expect([-Infinity, -800, 0, 800, Infinity].map(sigmoid)).toEqual([0, 0, 0.5, 1, 1]);
});

test("relevance lies in 0..1 and keeps the order, on every scale", () => {
  const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
  fc.assert(
    fc.property(scores, fc.constantFrom("logit", "probability", "unbounded"), (raw, scale) => {
      const relevance = toRelevance(raw, scale);
      expect(relevance.every((value) => value >= 0 && value <= 1)).toBe(true);
      const order = [...raw.keys()].toSorted((a, b) => (raw[a] ?? 0) - (raw[b] ?? 0));
      const sorted = order.map((index) => relevance[index] ?? 0);
      expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
    }),
  );
});

test("equal unbounded scores are all 1, and what is not finite is 0", () => {
  expect(toRelevance([3, 3, Number.NaN], "unbounded")).toEqual([1, 1, 0]);
  expect(toRelevance([Infinity, Number.NaN], "logit")).toEqual([0, 0]);
  expect(toRelevance([], "unbounded")).toEqual([]);
});
