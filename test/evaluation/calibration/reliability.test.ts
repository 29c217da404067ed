import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measureReliability } from "../../../src/evaluation/calibration/reliability.ts";
import { deepFreeze } from "../../deep-freeze.ts";

const samplesOf = (...pairs: readonly (readonly [number, 0 | 1])[]) =>
  deepFreeze(pairs.map(([probability, relevant]) => ({ probability, isRelevant: relevant === 1 })));

const anySamples = fc.array(
  fc.record({
    probability: fc.oneof(
      fc.constantFrom(0, 0.25, 0.5, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    isRelevant: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

describe("measureReliability", () => {
  test("compares predictions with observations, bin by bin", () => {
    const samples = samplesOf([0.9, 1], [0.1, 0], [0.7, 0], [0.3, 1]);
    expect(measureReliability(samples, { bins: 2 })).toEqual({
      bins: [
        { count: 2, meanPredicted: 0.2, observedShare: 0.5 },
        { count: 2, meanPredicted: expect.closeTo(0.8, 12), observedShare: 0.5 },
      ],
      expectedCalibrationError: expect.closeTo(0.3, 12),
      brierScore: expect.closeTo((0.01 + 0.01 + 0.49 + 0.49) / 4, 12),
    });
  });

  test("has error 0 if certain predictions are right, and 1 if they are wrong", () => {
    const right = measureReliability(samplesOf([1, 1], [0, 0], [1, 1]));
    expect(right).toMatchObject({ expectedCalibrationError: 0, brierScore: 0 });
    const wrong = measureReliability(samplesOf([1, 0], [0, 1]));
    expect(wrong).toMatchObject({ expectedCalibrationError: 1, brierScore: 1 });
  });

  test("weighs each bin by its samples", () => {
    const samples = samplesOf([0, 0], [0, 0], [0, 0], [1, 0]);
    expect(measureReliability(samples, { bins: 2 }).expectedCalibrationError).toBe(0.25);
  });

  test("makes ten bins of equal size of distinct probabilities", () => {
    const samples = Array.from({ length: 200 }, (_, index) => ({
      probability: index / 200,
      isRelevant: index % 2 === 0,
    }));
    const { bins } = measureReliability(samples);
    expect(bins.map(({ count }) => count)).toEqual(Array.from({ length: 10 }, () => 20));
  });

  test("puts equal probabilities into one bin, whatever their order", () => {
    fc.assert(
      fc.property(anySamples, fc.integer({ min: 1, max: 12 }), (samples, bins) => {
        const found = measureReliability(deepFreeze(samples), { bins });
        const reversed = measureReliability(samples.toReversed(), { bins });
        expect(reversed.bins.map(({ count }) => count)).toEqual(
          found.bins.map(({ count }) => count),
        );
        expect(reversed.expectedCalibrationError).toBeCloseTo(found.expectedCalibrationError, 12);
        expect(found.bins.length).toBeLessThanOrEqual(bins);
        const counted = found.bins.reduce((sum, { count }) => sum + count, 0);
        expect(counted).toBe(samples.length);
        const means = found.bins.map(({ meanPredicted }) => meanPredicted);
        expect(means).toEqual(means.toSorted((a, b) => a - b));
      }),
    );
  });

  test("refuses no samples, no bins, and percentages", () => {
    expect(() => measureReliability([])).toThrow("Expected at least one sample, got none.");
    expect(() => measureReliability(samplesOf([0.5, 1]), { bins: 0 })).toThrow(
      "Expected `bins` to be a whole number of at least 1, got 0.",
    );
    expect(() => measureReliability(samplesOf([80, 1]))).toThrow(
      "Expected `probability` to be a number from 0 to 1, got 80.",
    );
  });
});
