import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  fitIsotonicRegression,
  isotonicCurve,
} from "../../../src/evaluation/calibration/isotonic-regression.ts";
import { fitPlattScaling, plattCurve } from "../../../src/evaluation/calibration/platt-scaling.ts";
import { measureReliability } from "../../../src/evaluation/calibration/reliability.ts";
import { deepFreeze } from "../../deep-freeze.ts";

interface GoldenCalibration {
  readonly name: string;
  readonly scores: readonly number[];
  readonly relevant: readonly number[];
  readonly at: readonly number[];
  readonly platt: readonly number[];
  readonly isotonic: readonly number[];
  readonly corners: readonly [scores: readonly number[], probabilities: readonly number[]];
}

/** Made by test/fixtures/make_statistics_golden.py, which says how and with which versions. */
const golden: {
  readonly calibrations: readonly GoldenCalibration[];
  readonly reliability: {
    readonly probabilities: readonly number[];
    readonly relevant: readonly number[];
    readonly mean_predicted: readonly number[];
    readonly observed_share: readonly number[];
    readonly expected_calibration_error: number;
    readonly brier_score: number;
  };
} = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/golden/statistics.json"), "utf8"),
);

const samplesOf = ({ scores, relevant }: GoldenCalibration) =>
  deepFreeze(scores.map((score, index) => ({ score, isRelevant: relevant[index] === 1 })));

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, index) => Math.abs(value - (expected[index] ?? Infinity))));
}

test.each(golden.calibrations)("the sigmoid of scikit-learn: $name", (calibration) => {
  const curve = plattCurve(fitPlattScaling(samplesOf(calibration)));
  const found = calibration.at.map((score) => curve.probabilityOf(score));
  expect(largestDifference(found, calibration.platt)).toBeLessThan(1e-6);
});

test.each(golden.calibrations)("the isotonic curve of scikit-learn: $name", (calibration) => {
  const regression = fitIsotonicRegression(samplesOf(calibration));
  expect(largestDifference(regression.scores, calibration.corners[0])).toBe(0);
  expect(largestDifference(regression.probabilities, calibration.corners[1])).toBeLessThan(1e-12);
  const curve = isotonicCurve(regression);
  const found = calibration.at.map((score) => curve.probabilityOf(score));
  expect(largestDifference(found, calibration.isotonic)).toBeLessThan(1e-12);
});

test("the bins of scikit-learn's calibration_curve, and its Brier score", () => {
  const { reliability } = golden;
  const found = measureReliability(
    deepFreeze(
      reliability.probabilities.map((probability, index) => ({
        probability,
        isRelevant: reliability.relevant[index] === 1,
      })),
    ),
  );
  const predicted = found.bins.map(({ meanPredicted }) => meanPredicted);
  const observed = found.bins.map(({ observedShare }) => observedShare);
  expect(largestDifference(predicted, reliability.mean_predicted)).toBeLessThan(1e-12);
  expect(largestDifference(observed, reliability.observed_share)).toBeLessThan(1e-12);
  expect(found.expectedCalibrationError).toBeCloseTo(reliability.expected_calibration_error, 12);
  expect(found.brierScore).toBeCloseTo(reliability.brier_score, 12);
});
