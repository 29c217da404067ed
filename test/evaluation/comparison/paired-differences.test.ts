import { describe, expect, test } from "vitest";
import { pairedDifferences } from "../../../src/evaluation/comparison/paired-differences.ts";
import { evaluationOf } from "./evaluations.ts";

const evaluation = (...entries: readonly (readonly [string, number])[]) => ({
  name: "R@5",
  perQuery: new Map(entries),
  mean: 0,
});

const refusal = (lacking: string) =>
  expect.objectContaining({
    code: "invalid-input",
    message:
      `Expected both systems to have the same queries, but the ${lacking} lacks 1 of 2 for R@5, ` +
      'for example "b": evaluate both runs with the same judgements.',
  });

describe("pairedDifferences", () => {
  test("pairs by query, whatever the order of the maps", () => {
    const baseline = evaluation(["b", 0.25], ["a", 1], ["c", 0]);
    const challenger = evaluation(["c", 0], ["a", 0.5], ["b", 1]);
    expect(pairedDifferences(baseline, challenger)).toEqual([-0.5, 0.75, 0]);
  });

  test("takes a difference by rounding for a tie", () => {
    const found = pairedDifferences(
      evaluationOf("R@5", [0.1 + 0.2, 0.5, 0.5]),
      evaluationOf("R@5", [0.3, 0.5 + 1e-9 / 2, 0.5 + 1e-8]),
    );
    expect(found).toEqual([0, 0, expect.closeTo(1e-8, 15)]);
  });

  test("refuses a query that one side lacks, and says which side", () => {
    const both = evaluation(["a", 1], ["b", 1]);
    const one = evaluation(["a", 1]);
    expect(() => pairedDifferences(both, one)).toThrow(refusal("challenger"));
    expect(() => pairedDifferences(one, both)).toThrow(refusal("baseline"));
  });

  test("refuses two measures, and values that are not finite", () => {
    expect(() => pairedDifferences(evaluationOf("R@5", [1]), evaluationOf("R@1", [1]))).toThrow(
      "Expected two evaluations of one measure, got R@5 and R@1.",
    );
    expect(() =>
      pairedDifferences(evaluationOf("R@5", [1]), evaluationOf("R@5", [Number.NaN])),
    ).toThrow('Expected R@5 of query "q0" to be a finite number, got NaN.');
  });
});
