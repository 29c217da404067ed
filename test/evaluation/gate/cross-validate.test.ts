import { expect, test } from "vitest";
import {
  chooseBest,
  crossValidate,
  type MeasuredSettings,
} from "../../../src/evaluation/gate/cross-validate.ts";
import { firstStageAlone } from "../../../src/evaluation/sweep/settings-grid.ts";
import { evaluationOf } from "../comparison/evaluations.ts";

function measured(values: readonly number[], milliseconds = 50, candidateCount = 10) {
  const latency = { mean: milliseconds, p50: milliseconds, p95: milliseconds };
  const evaluation = evaluationOf("R@1", values);
  return { candidateCount, blend: 1, scoreThreshold: undefined, latency, evaluation };
}
const nothing: MeasuredSettings = { ...measured([0, 0, 0, 0, 0], 1), ...firstStageAlone };

test("measures a query only with what was chosen without it", () => {
  const onOne = measured([1, 0, 0, 0, 0]);
  const { heldOut, folds } = crossValidate(nothing, [onOne], { folds: 5, seed: 1 });
  // Without q0 nothing speaks for these settings, so on q0 they are not used.
  expect([...heldOut.perQuery]).toEqual([...nothing.evaluation.perQuery]);
  expect(folds.filter(({ settings }) => settings.candidateCount === 10)).toHaveLength(4);
});

test("fits on the queries of the other folds alone", () => {
  const fitted: string[][] = [];
  // Perfect on the queries that it was fitted on, and only there.
  const fit = (queries: readonly string[]): MeasuredSettings[] => {
    fitted.push([...queries]);
    const values = [0, 1, 2, 3, 4].map((index) => Number(queries.includes(`q${index}`)));
    return [{ ...measured(values), blend: "fitted" }];
  };
  const { heldOut, folds } = crossValidate(nothing, [], { folds: 5, seed: 1, fit });
  expect(fitted.map((queries) => queries.length)).toEqual([4, 4, 4, 4, 4]);
  expect(folds.map(({ settings }) => settings.blend)).toEqual(folds.map(() => "fitted"));
  expect(heldOut.mean).toBe(0);
});

test("holds out every query once, in folds of nearly equal size", () => {
  const values = Array.from({ length: 23 }, (_, index) => index / 23);
  const low = { ...measured(values.map(() => 0)), ...firstStageAlone };
  const { heldOut, folds } = crossValidate(low, [measured(values)], { folds: 5, seed: 3 });
  expect([...heldOut.perQuery.values()]).toEqual(values);
  expect(folds.map(({ queries }) => queries)).toEqual([5, 5, 5, 4, 4]);
  const means = folds.map(({ heldOutMean }) => heldOutMean);
  expect(new Set(means).size).toBe(5);
});

test("of equal means takes the first stage, then the fastest", () => {
  const queries = ["q0", "q1", "q2", "q3", "q4"];
  const slow = measured([1, 0, 0, 0, 0], 90, 100);
  const fast = measured([0, 1, 0, 0, 0], 30, 20);
  expect(chooseBest(nothing, [slow, fast], queries).candidateCount).toBe(20);
  expect(chooseBest(nothing, [slow, fast], ["q3"]).candidateCount).toBeUndefined();
  expect(chooseBest(nothing, [slow, fast], ["q0"]).candidateCount).toBe(100);
});
