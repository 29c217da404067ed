import { expect, test } from "vitest";
import { success } from "../../../src/evaluation/measures/success.ts";
import { gradesOf } from "../judged.ts";

const grades = gradesOf({ a: 3, b: 1, c: 0 });

test("is named as ir_measures names it", () => {
  expect(success(1).name).toBe("Success@1");
  expect(success(5, { relevanceLevel: 3 }).name).toBe("Success(rel=3)@5");
});

test("is 1 as soon as one relevant document is among the first", () => {
  expect(success(2).ofRanking(["c", "b"], grades)).toBe(1);
  expect(success(2).ofRanking(["b", "a"], grades)).toBe(1);
  expect(success(1).ofRanking(["c", "b"], grades)).toBe(0);
  expect(success(2, { relevanceLevel: 2 }).ofRanking(["c", "b"], grades)).toBe(0);
});

test("refuses to have no cutoff", () => {
  expect(() => success(0)).toThrow("at least 1, got 0.");
  expect(() => success(Infinity)).toThrow("at least 1, got Infinity.");
});
