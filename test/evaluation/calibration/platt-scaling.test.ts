import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitPlattScaling, plattCurve } from "../../../src/evaluation/calibration/platt-scaling.ts";
import { sigmoid } from "../../../src/ranking/relevance.ts";
import { anySamples, overlapping, samplesOf } from "./judged-scores.ts";

describe("fitPlattScaling", () => {
  test("has the mean probability of Platt's targets", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { slope, intercept } = fitPlattScaling(samples);
        const relevant = samples.filter(({ isRelevant }) => isRelevant).length;
        const others = samples.length - relevant;
        const targets = (relevant * (relevant + 1)) / (relevant + 2) + others / (others + 2);
        const predicted = samples.map(({ score }) => sigmoid(slope * score + intercept));
        const total = predicted.reduce((sum, probability) => sum + probability, 0);
        expect(total / samples.length).toBeCloseTo(targets / samples.length, 6);
      }),
    );
  });

  test("fits two separate groups by a sigmoid through their targets", () => {
    const { slope, intercept } = fitPlattScaling(
      samplesOf([-1, 0], [-1, 0], [-1, 0], [1, 1], [1, 1], [1, 1]),
    );
    expect(sigmoid(-slope + intercept)).toBeCloseTo(1 / 5, 9);
    expect(sigmoid(slope + intercept)).toBeCloseTo(4 / 5, 9);
  });

  test("follows scores that are moved and stretched", () => {
    const plain = fitPlattScaling(overlapping);
    const moved = fitPlattScaling(
      overlapping.map(({ score, isRelevant }) => ({ score: 1e6 + 1e3 * score, isRelevant })),
    );
    expect(moved.slope * 1e3).toBeCloseTo(plain.slope, 6);
    expect(moved.slope * 1e6 + moved.intercept).toBeCloseTo(plain.intercept, 6);
  });

  test("is level if all scores are equal, and falls if relevant ones are lower", () => {
    const equal = fitPlattScaling(samplesOf([0.1, 0], [0.1, 0], [0.1, 1]));
    expect(Math.abs(equal.slope)).toBe(0);
    expect(sigmoid(equal.intercept)).toBeCloseTo((2 / 3 + 2 / 4) / 3, 9);
    expect(fitPlattScaling(samplesOf([0, 1], [1, 0])).slope).toBeLessThan(0);
  });
});

describe("plattCurve", () => {
  const curve = plattCurve({ slope: 0.5, intercept: -1 });

  test("maps thresholds back to probabilities, and the ends to infinite scores", () => {
    expect(curve.thresholdFor(0.5)).toBe(2);
    for (const probability of [1e-9, 0.1, 0.9, 0.999]) {
      expect(curve.probabilityOf(curve.thresholdFor(probability))).toBeCloseTo(probability, 12);
    }
    expect(curve.thresholdFor(0)).toBe(-Infinity);
    expect(curve.thresholdFor(1)).toBe(Infinity);
  });

  test("has no probability for what was not scored", () => {
    expect(curve.probabilityOf(Number.NaN)).toBeNaN();
  });

  test("refuses a probability in percent", () => {
    expect(() => curve.thresholdFor(80)).toThrow(
      "Expected `probability` to be a number from 0 to 1, got 80.",
    );
  });
});
