import { expect, test } from "vitest";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { deepFreeze } from "../../deep-freeze.ts";

const grades = deepFreeze(
  new Map([
    ["a", 3],
    ["b", 1],
    ["c", 0],
    ["d", -2],
  ]),
);

test("is named as ir_measures names it", () => {
  expect(nDCG(10).name).toBe("nDCG@10");
  expect(nDCG().name).toBe("nDCG");
});

test("divides by the ideal of all that is judged, found or not", () => {
  expect(nDCG(10).ofRanking(["a", "b"], grades)).toBe(1);
  expect(nDCG(1).ofRanking(["b", "a"], grades)).toBeCloseTo(1 / 3, 15);
  expect(nDCG(2).ofRanking(["x", "b"], grades)).toBeCloseTo(
    1 / Math.log2(3) / (3 + 1 / Math.log2(3)),
    15,
  );
});

test("takes the whole ranking and the whole ideal if no cutoff is given", () => {
  const ideal = 3 + 1 / Math.log2(3);
  expect(nDCG().ofRanking(["x", "y", "z", "a"], grades)).toBeCloseTo(3 / Math.log2(5) / ideal, 15);
});

test("takes a grade below 0 for 0", () => {
  expect(nDCG(3).ofRanking(["d", "a", "b"], grades)).toBe(
    nDCG(3).ofRanking(["c", "a", "b"], grades),
  );
  expect(nDCG(3).ofRanking(["d"], new Map([["d", -1]]))).toBe(0);
});

test("is 0 if nothing was found", () => {
  expect(nDCG(10).ofRanking([], grades)).toBe(0);
});

test("refuses a cutoff of 0", () => {
  expect(() => nDCG(0)).toThrow("Expected `cutoff` to be a whole number of at least 1, got 0.");
});
