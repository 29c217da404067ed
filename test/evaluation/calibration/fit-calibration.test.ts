import { describe, expect, test } from "vitest";
import {
  type CalibrationOptions,
  fitCalibration,
} from "../../../src/evaluation/calibration/fit-calibration.ts";
import { overlapping, samplesOf } from "./judged-scores.ts";

const model = Object.freeze({ name: "rerank-minilm-l6", fileHash: "ab12" });
/** The higher the score, the less relevant. */
const reversed = overlapping.map(({ score }, index) => ({
  score: -score,
  isRelevant: index >= 80,
}));
const methods = ["platt", "isotonic"] as const;

describe.each(methods)("fitCalibration by %s", (method) => {
  const calibration = fitCalibration(overlapping, { method, model });

  test("rises with the score, and says which model it is for", () => {
    const found = [-8, -2, 0, 2, 8].map((score) => calibration.probabilityOf(score));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found[0]).toBeLessThan(0.05);
    expect(found[2]).toBeCloseTo(0.5, 1);
    expect(found[4]).toBeGreaterThan(0.95);
    expect(calibration).toMatchObject({ method, model });
  });

  test("has thresholds that reach their probability", () => {
    for (const probability of [0.3, 0.6, 0.95]) {
      const threshold = calibration.thresholdFor(probability);
      expect(calibration.probabilityOf(threshold)).toBeGreaterThan(probability - 1e-9);
      expect(calibration.probabilityOf(threshold - 1)).toBeLessThan(probability);
    }
  });

  test("refuses scores that say nothing, or the opposite", () => {
    const equal = overlapping.map(({ isRelevant }) => ({ score: 0.1, isRelevant }));
    expect(() => fitCalibration(equal, { method, model })).toThrow("the best curve does not rise");
    expect(() => fitCalibration(reversed, { method, model })).toThrow("does not rise");
  });

  test("keeps what it was fitted for when the caller's objects change", () => {
    const changing: { name: string; fileHash: string } = { ...model };
    const kept = fitCalibration(overlapping, { method, model: changing });
    changing.name = "another";
    expect(kept.model.name).toBe(model.name);
    expect(kept.toJSON()).not.toBe(kept.toJSON());
  });
});

describe("fitCalibration", () => {
  test("says how many samples a method needs of each kind", () => {
    const few = samplesOf(
      [1, 1],
      [2, 1],
      [3, 1],
      ...Array.from({ length: 40 }, () => [0, 0] as const),
    );
    expect(() => fitCalibration(few, { method: "platt", model })).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message:
          "Expected at least 10 relevant and 10 other samples for the method platt, got 3 and 40: judge more documents.",
      }),
    );
    const relevantOnly = overlapping.filter(({ isRelevant }) => isRelevant);
    expect(() => fitCalibration(relevantOnly, { method: "isotonic", model })).toThrow(
      "Expected at least 50 relevant and 50 other samples for the method isotonic, got 80 and 0",
    );
    expect(() => fitCalibration([], { method: "platt", model })).toThrow("got 0 and 0");
  });

  test("refuses a score that is not finite, an unknown method, and a model without a name", () => {
    const unscored = [...overlapping, { score: Number.NaN, isRelevant: true }];
    expect(() => fitCalibration(unscored, { method: "platt", model })).toThrow(
      "Expected the score of sample 160 to be a finite number, got NaN: leave out what was not scored.",
    );
    const beta: CalibrationOptions = JSON.parse('{"method":"beta","model":{}}');
    expect(() => fitCalibration(overlapping, beta)).toThrow(
      'Expected `method` to be one of platt, isotonic, got "beta".',
    );
    const nameless = { ...model, name: " " };
    expect(() => fitCalibration(overlapping, { method: "platt", model: nameless })).toThrow(
      "Expected `model.name` to be a text that is not empty",
    );
  });
});
