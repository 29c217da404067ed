import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bootstrapInterval } from "../../../src/evaluation/comparison/bootstrap-interval.ts";
import { detectableDifference } from "../../../src/evaluation/comparison/detectable-difference.ts";
import { pairedDifferences } from "../../../src/evaluation/comparison/paired-differences.ts";
import { randomizationTest } from "../../../src/evaluation/comparison/randomization-test.ts";
import { evaluationOf } from "./evaluations.ts";

interface GoldenComparison {
  readonly name: string;
  readonly baseline: readonly number[];
  readonly challenger: readonly number[];
  readonly p_value: number;
  readonly interval: readonly [low: number, high: number];
  readonly challenger_interval: readonly [low: number, high: number];
  readonly detectable: number;
}

/** Made by test/fixtures/make_statistics_golden.py, which says how and with which versions. */
const { comparisons }: { readonly comparisons: readonly GoldenComparison[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/golden/statistics.json"), "utf8"),
);

const differencesOf = ({ baseline, challenger }: GoldenComparison): number[] =>
  pairedDifferences(evaluationOf("nDCG@10", baseline), evaluationOf("nDCG@10", challenger));

test("has cases on both sides of the limit for exact tests", () => {
  const queries = comparisons.map(({ baseline }) => baseline.length);
  expect(queries).toEqual([12, 14, 40, 150, 60, 80]);
});

test.each(comparisons)("the p value of SciPy's permutation_test: $name", (golden) => {
  const differences = differencesOf(golden);
  const found = randomizationTest(differences, { resamples: 100_000 });
  const isExact = differences.length <= 16;
  expect(Math.abs(found - golden.p_value)).toBeLessThan(isExact ? 1e-12 : 0.005);
  expect(Math.abs(randomizationTest(differences) - golden.p_value)).toBeLessThan(0.01);
});

test.each(comparisons)("the interval of SciPy's bootstrap: $name", (golden) => {
  const options = { resamples: 100_000 };
  for (const [values, [low, high]] of [
    [differencesOf(golden), golden.interval],
    [golden.challenger, golden.challenger_interval],
  ] as const) {
    const found = bootstrapInterval(values, options);
    const tolerance = 0.02 * (high - low);
    expect(Math.abs(found.low - low)).toBeLessThan(tolerance);
    expect(Math.abs(found.high - high)).toBeLessThan(tolerance);
  }
});

test.each(comparisons)("the difference that normal quantiles find detectable: $name", (golden) => {
  const found = detectableDifference(differencesOf(golden));
  expect(Math.abs(found / golden.detectable - 1)).toBeLessThan(0.002);
});
