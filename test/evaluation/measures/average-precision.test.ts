import { expect, test } from "vitest";
import { averagePrecision } from "../../../src/evaluation/measures/average-precision.ts";
import { gradesOf } from "../judged.ts";

const grades = gradesOf({ a: 3, b: 1, c: 0, d: 2 });

test("is named as ir_measures names it", () => {
  expect(averagePrecision().name).toBe("AP");
  expect(averagePrecision(100).name).toBe("AP@100");
  expect(averagePrecision(Infinity, { relevanceLevel: 2 }).name).toBe("AP(rel=2)");
});

test("divides by all relevant documents, found or not", () => {
  expect(averagePrecision().ofRanking(["x", "a", "c", "b"], grades)).toBeCloseTo(
    (1 / 2 + 2 / 4) / 3,
    15,
  );
  expect(averagePrecision(2).ofRanking(["x", "a", "c", "b"], grades)).toBeCloseTo(1 / 2 / 3, 15);
  expect(
    averagePrecision(Infinity, { relevanceLevel: 2 }).ofRanking(["b", "d"], grades),
  ).toBeCloseTo(1 / 2 / 2, 15);
});

test("is 0 if nothing is relevant", () => {
  expect(averagePrecision().ofRanking(["c"], gradesOf({ c: 0 }))).toBe(0);
});

test("refuses a cutoff that is not whole", () => {
  expect(() => averagePrecision(2.5)).toThrow("at least 1, got 2.5.");
});
