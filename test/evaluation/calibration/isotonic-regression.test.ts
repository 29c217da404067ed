import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fitIsotonicRegression,
  isotonicCurve,
} from "../../../src/evaluation/calibration/isotonic-regression.ts";
import type { JudgedScore } from "../../../src/evaluation/calibration/probability-curve.ts";
import { anySamples, samplesOf } from "./judged-scores.ts";

/** The min-max formula: at each score the best of the worst shares of all runs of scores around it. */
function naiveShare(samples: readonly JudgedScore[], score: number): number {
  const scores = samples.map((sample) => sample.score);
  const shareBetween = (least: number, most: number): number => {
    const inside = samples.filter((sample) => sample.score >= least && sample.score <= most);
    return inside.filter(({ isRelevant }) => isRelevant).length / inside.length;
  };
  const worst = scores
    .filter((least) => least <= score)
    .map((least) =>
      Math.min(...scores.filter((most) => most >= score).map((most) => shareBetween(least, most))),
    );
  return Math.max(...worst);
}

describe("fitIsotonicRegression", () => {
  test("pools equal scores first, then neighbours that would fall", () => {
    const regression = fitIsotonicRegression(
      samplesOf([3, 1], [0, 0], [1, 1], [2, 0], [2, 1], [2, 0], [4, 1]),
    );
    expect(regression).toEqual({ scores: [0, 1, 2, 3, 4], probabilities: [0, 0.5, 0.5, 1, 1] });
  });

  test("is the min-max formula at every sample", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const curve = isotonicCurve(fitIsotonicRegression(samples));
        for (const { score } of samples) {
          expect(curve.probabilityOf(score)).toBeCloseTo(naiveShare(samples, score), 12);
        }
      }),
    );
  });

  test("keeps two ends of each plateau and nothing between", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { probabilities } = fitIsotonicRegression(samples);
        for (const level of new Set(probabilities)) {
          expect(probabilities.filter((value) => value === level).length).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});

describe("isotonicCurve", () => {
  const curve = isotonicCurve({
    scores: [0, 1, 3, 5, 6],
    probabilities: [0.2, 0.5, 0.5, 0.9, 0.9],
  });

  test("is straight between the corners and level beyond them", () => {
    const at = [-Infinity, -1, 0, 0.5, 2, 4, 6, 7, Infinity];
    const found = at.map((score) => curve.probabilityOf(score).toFixed(3));
    expect(found).toEqual(
      [0.2, 0.2, 0.2, 0.35, 0.5, 0.7, 0.9, 0.9, 0.9].map((value) => value.toFixed(3)),
    );
    expect(curve.probabilityOf(Number.NaN)).toBeNaN();
  });

  test("has its threshold at the lower end of a plateau, and none beyond the curve", () => {
    expect([0, 0.2, 0.5, 0.9].map((value) => curve.thresholdFor(value))).toEqual([
      -Infinity,
      -Infinity,
      1,
      5,
    ]);
    expect(curve.thresholdFor(0.7)).toBeCloseTo(4, 12);
    expect(curve.thresholdFor(0.91)).toBe(Infinity);
    expect(() => curve.thresholdFor(-0.1)).toThrow("Expected `probability` to be a number");
  });

  test("never falls, and its thresholds are the smallest scores that do", () => {
    fc.assert(
      fc.property(
        anySamples,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: -25, max: 25, noNaN: true })),
        (samples, probability, scores) => {
          const fitted = isotonicCurve(fitIsotonicRegression(samples));
          const along = scores
            .toSorted((a, b) => a - b)
            .map((score) => fitted.probabilityOf(score));
          expect(along).toEqual(along.toSorted((a, b) => a - b));
          const threshold = fitted.thresholdFor(probability);
          const reached = threshold === Infinity ? 1 : fitted.probabilityOf(threshold);
          expect(reached).toBeGreaterThanOrEqual(probability - 1e-9);
          for (const score of scores.filter((one) => one < threshold)) {
            expect(fitted.probabilityOf(score)).toBeLessThanOrEqual(probability);
          }
        },
      ),
    );
  });
});
