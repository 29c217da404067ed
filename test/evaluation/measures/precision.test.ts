import { expect, test } from "vitest";
import { precision } from "../../../src/evaluation/measures/precision.ts";
import { gradesOf } from "../judged.ts";

const grades = gradesOf({ a: 3, b: 1, c: 0, d: -2 });

test("is named as ir_measures names it", () => {
  expect(precision(3).name).toBe("P@3");
  expect(precision(3, { relevanceLevel: 2 }).name).toBe("P(rel=2)@3");
  expect(precision(3, { relevanceLevel: 1 }).name).toBe("P@3");
});

test("divides by the cutoff, also if fewer documents were found", () => {
  expect(precision(4).ofRanking(["a"], grades)).toBe(1 / 4);
  expect(precision(2).ofRanking(["c", "b", "a"], grades)).toBe(1 / 2);
  expect(precision(2).ofRanking([], grades)).toBe(0);
});

test("counts from the level that is asked for", () => {
  expect(precision(2, { relevanceLevel: 2 }).ofRanking(["b", "a"], grades)).toBe(1 / 2);
});

test("refuses to have no cutoff", () => {
  expect(() => precision(Infinity)).toThrow(
    "Expected `cutoff` to be a whole number of at least 1, got Infinity.",
  );
});
