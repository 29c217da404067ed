import { expect, test } from "vitest";
import { judged } from "../../../src/evaluation/measures/judged.ts";
import { gradesOf } from "../judged.ts";

const grades = gradesOf({ a: 3, c: 0, d: -2 });

test("is named as ir_measures names it", () => {
  expect(judged(10).name).toBe("Judged@10");
  expect(judged().name).toBe("Judged");
});

test("counts every grade, also those that are not relevant", () => {
  expect(judged(4).ofRanking(["a", "x", "d", "c", "y"], grades)).toBe(3 / 4);
  expect(judged().ofRanking(["a", "x", "d", "c", "y"], grades)).toBe(3 / 5);
});

test("is the share of what was found if that is less than the cutoff", () => {
  expect(judged(10).ofRanking(["a", "x"], grades)).toBe(1 / 2);
  expect(judged(10).ofRanking([], grades)).toBe(0);
});

test("refuses a cutoff of 0", () => {
  expect(() => judged(0)).toThrow("at least 1, got 0.");
});
