import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import {
  type CalibrationOptions,
  fitCalibration,
} from "../../../src/evaluation/calibration/fit-calibration.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { sigmoid } from "../../../src/ranking/relevance.ts";
import { CorpusSource } from "../../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../../src/retrieval/two-stage-retriever.ts";
import { overlapping, samplesOf } from "./judged-scores.ts";

const model = Object.freeze({
  name: "rerank-minilm-l6",
  fileHash: "ab12",
  arithmetic: "int8",
} as const);
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

  test("has scoreThresholds that reach their probability, on the scale of relevanceScore", () => {
    for (const probability of [0.1, 0.37, 0.5, 0.9]) {
      const threshold = calibration.scoreThresholdFor(probability);
      expect(threshold).toBe(sigmoid(calibration.thresholdFor(probability)));
      const logit = Math.log(threshold / (1 - threshold));
      expect(calibration.probabilityOf(logit + 1e-9)).toBeGreaterThanOrEqual(probability);
      expect(calibration.probabilityOf(logit - 0.5)).toBeLessThan(probability);
    }
    expect(calibration.scoreThresholdFor(0)).toBe(0);
    expect(() => calibration.scoreThresholdFor(1.1)).toThrow("Expected `probability`");
  });

  test("makes a TwoStageRetriever keep what has the requested probability", async () => {
    const logits = [-3, -1.5, -0.2, 0.4, 1.1, 2.5];
    const scorer: PairScorer = {
      name: "planted",
      scale: "logit",
      score: async (_query, texts) => ({ scores: texts.map(Number) }),
    };
    const texts = logits.map((logit) => new Document({ pageContent: String(logit) }));
    for (const probability of [0.2, 0.5, 0.7]) {
      const retriever = new TwoStageRetriever({
        candidates: new CorpusSource(texts),
        reranker: new CrossEncoderReranker({ scorer }),
        k: 6,
        scoreThreshold: calibration.scoreThresholdFor(probability),
      });
      const kept = await retriever.invoke("any");
      const probable = logits.filter((logit) => calibration.probabilityOf(logit) >= probability);
      expect(probable.length).toBeGreaterThan(0);
      expect(kept.map(({ pageContent }) => Number(pageContent))).toEqual(probable.toReversed());
    }
  });

  test("refuses scores that are uninformative, or rise the wrong way", () => {
    const equal = overlapping.map(({ isRelevant }) => ({ score: 0.1, isRelevant }));
    expect(() => fitCalibration(equal, { method, model })).toThrow(
      "the best-fitting curve does not rise",
    );
    expect(() => fitCalibration(reversed, { method, model })).toThrow("does not rise");
  });

  test("keeps what it was fitted for when the caller's objects change", () => {
    const changing: { name: string; fileHash: string; arithmetic: "int8" } = { ...model };
    const kept = fitCalibration(overlapping, { method, model: changing });
    changing.name = "another";
    expect(kept.model.name).toBe(model.name);
    expect(kept.toJSON()).not.toBe(kept.toJSON());
  });
});

test("a scoreThreshold by Platt's method goes back to its probability within 1e-9", () => {
  const calibration = fitCalibration(overlapping, { method: "platt", model });
  for (const probability of [1e-6, 0.001, 0.1, 0.37, 0.5, 0.9, 0.999, 1 - 1e-6]) {
    const threshold = calibration.scoreThresholdFor(probability);
    const logit = Math.log(threshold / (1 - threshold));
    expect(Math.abs(calibration.probabilityOf(logit) - probability)).toBeLessThan(1e-9);
  }
  expect(calibration.scoreThresholdFor(1)).toBe(1);
});

test("a scoreThreshold beyond what an isotonic curve knows keeps all, or drops all", () => {
  const noisy = samplesOf(
    ...Array.from({ length: 100 }, (_, index) => [-1, index < 20 ? 1 : 0] as const),
    ...Array.from({ length: 100 }, (_, index) => [1, index < 80 ? 1 : 0] as const),
  );
  const calibration = fitCalibration(noisy, { method: "isotonic", model });
  expect([0.1, 0.2, 0.5, 0.8, 0.81].map((p) => calibration.scoreThresholdFor(p))).toEqual([
    0,
    0,
    expect.closeTo(0.5, 12),
    sigmoid(1),
    1,
  ]);
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
      "Expected the score of sample 160 to be a finite number, got NaN: leave out samples without a score.",
    );
    const beta: CalibrationOptions = JSON.parse('{"method":"beta","model":{}}');
    expect(() => fitCalibration(overlapping, beta)).toThrow(
      'Expected `method` to be one of "platt", "isotonic", got "beta".',
    );
    const nameless = { ...model, name: " " };
    expect(() => fitCalibration(overlapping, { method: "platt", model: nameless })).toThrow(
      "Expected `model.name` to be a non-empty string",
    );
  });
});
