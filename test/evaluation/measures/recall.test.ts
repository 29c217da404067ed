import { expect, test } from "vitest";
import { recall } from "../../../src/evaluation/measures/recall.ts";
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
  expect(recall(5).name).toBe("R@5");
  expect(recall(5, { relevanceLevel: 2 }).name).toBe("R(rel=2)@5");
});

test("counts what is graded at least 1, up to the cutoff", () => {
  expect(recall(3).ofRanking(["c", "b", "d", "a"], grades)).toBe(1 / 2);
  expect(recall(4).ofRanking(["c", "b", "d", "a"], grades)).toBe(1);
});

test("counts from the requested level, for found and for all relevant documents", () => {
  expect(recall(1, { relevanceLevel: 2 }).ofRanking(["a", "b"], grades)).toBe(1);
  expect(recall(1, { relevanceLevel: 2 }).ofRanking(["b", "a"], grades)).toBe(0);
});

test("is 0 if nothing is relevant", () => {
  expect(recall(5).ofRanking(["c"], new Map([["c", 0]]))).toBe(0);
});

test("refuses a cutoff or level that is not whole, and to have no cutoff", () => {
  expect(() => recall(Infinity)).toThrow("at least 1, got Infinity.");
  expect(() => recall(5, { relevanceLevel: 0 })).toThrow(
    "Expected `relevanceLevel` to be a whole number of at least 1, got 0.",
  );
  expect(() => recall(1.5)).toThrow(
    "Expected `cutoff` to be a whole number of at least 1, got 1.5.",
  );
});
