import type { Arithmetic } from "../../ranking/arithmetic.ts";
import { sigmoid } from "../../ranking/relevance.ts";
import { type IsotonicRegression, isotonicCurve } from "./isotonic-regression.ts";
import { type PlattScaling, plattCurve } from "./platt-scaling.ts";
import type { ProbabilityCurve } from "./probability-curve.ts";

/** `"platt"`: a sigmoid, for few samples. `"isotonic"`: any rising curve, for a thousand samples or more. */
export type CalibrationMethod = "platt" | "isotonic";

/** The model whose scores were calibrated; the scorer's `info()` returns `fileHash` and `arithmetic`. */
export interface CalibratedModel {
  readonly name: string;
  /** SHA-256 of the graph file, in hex: another dtype of the same model has different scores. */
  readonly fileHash: string;
  /** How the model computed the scores: saturating sums give different ones. */
  readonly arithmetic: Arithmetic;
}

/** A calibration as plain data, which JSON preserves exactly. */
export type CalibrationRecord = {
  readonly version: 1;
  readonly model: CalibratedModel;
} & (
  | ({ readonly method: "platt" } & PlattScaling)
  | ({ readonly method: "isotonic" } & IsotonicRegression)
);

/** Maps a model's raw scores to the probability of relevance. */
export interface Calibration extends ProbabilityCurve {
  readonly method: CalibrationMethod;
  readonly model: CalibratedModel;
  /**
   * Returns the `scoreThreshold`, in 0..1, that keeps documents with at least this probability of relevance. It
   * is the `relevanceScore` of the logit `thresholdFor(probability)`, so it applies to scorers whose scale is
   * `"logit"`. By Platt's method, it converts back to the probability with an error below 1e-9. An isotonic
   * curve may be so steep that rounding changes the probability. It has no probabilities below its first
   * plateau, where the result is 0 and keeps all documents, or above its last, where it is 1 and drops all.
   *
   * @throws RetrievalError `invalid-option` for a probability outside 0..1.
   */
  scoreThresholdFor(probability: number): number;
  /** The value that `JSON.stringify` writes and `readCalibration` reads. */
  toJSON(): CalibrationRecord;
}

/** Creates the calibration of a validated record. */
export function calibrationOf(record: CalibrationRecord): Calibration {
  const { method, model } = record;
  const curve = record.method === "platt" ? plattCurve(record) : isotonicCurve(record);
  const scoreThresholdFor = (probability: number): number =>
    sigmoid(curve.thresholdFor(probability));
  return { ...curve, scoreThresholdFor, method, model, toJSON: () => structuredClone(record) };
}
