import { expect, test } from "vitest";
import { reciprocalRank } from "../../../src/evaluation/measures/reciprocal-rank.ts";
import { gradesOf } from "../judged.ts";

const grades = gradesOf({ a: 3, b: 1, c: 0 });

test("is named as ir_measures names it", () => {
  expect(reciprocalRank().name).toBe("RR");
  expect(reciprocalRank(10).name).toBe("RR@10");
  expect(reciprocalRank(10, { relevanceLevel: 2 }).name).toBe("RR(rel=2)@10");
  expect(reciprocalRank(Infinity, { relevanceLevel: 2 }).name).toBe("RR(rel=2)");
});

test("is the reciprocal of the first relevant rank, and 0 after the cutoff", () => {
  expect(reciprocalRank().ofRanking(["x", "c", "b", "a"], grades)).toBe(1 / 3);
  expect(reciprocalRank(3).ofRanking(["x", "c", "b", "a"], grades)).toBe(1 / 3);
  expect(reciprocalRank(2).ofRanking(["x", "c", "b", "a"], grades)).toBe(0);
  expect(reciprocalRank(4, { relevanceLevel: 2 }).ofRanking(["x", "c", "b", "a"], grades)).toBe(
    1 / 4,
  );
});

test("refuses a cutoff of 0", () => {
  expect(() => reciprocalRank(0)).toThrow("at least 1, got 0.");
});
