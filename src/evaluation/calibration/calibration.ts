import type { Arithmetic } from "../../ranking/arithmetic.ts";
import { sigmoid } from "../../ranking/relevance.ts";
import { type IsotonicRegression, isotonicCurve } from "./isotonic-regression.ts";
import { type PlattScaling, plattCurve } from "./platt-scaling.ts";
import type { ProbabilityCurve } from "./probability-curve.ts";

/** `"platt"`: a sigmoid, for few samples. `"isotonic"`: any rising curve, for a thousand samples and more. */
export type CalibrationMethod = "platt" | "isotonic";

/** The model whose scores were calibrated; the scorer's `info()` knows `fileHash` and `arithmetic`. */
export interface CalibratedModel {
  readonly name: string;
  /** SHA-256 of the graph file, in hex: another dtype of the same model has other scores. */
  readonly fileHash: string;
  /** How it computed the scores: saturating sums give other ones. */
  readonly arithmetic: Arithmetic;
}

/** A calibration as plain data, which JSON keeps exactly. */
export type CalibrationRecord = {
  readonly version: 1;
  readonly model: CalibratedModel;
} & (
  | ({ readonly method: "platt" } & PlattScaling)
  | ({ readonly method: "isotonic" } & IsotonicRegression)
);

/** Says what a model's raw scores mean: how probable relevance is at each. */
export interface Calibration extends ProbabilityCurve {
  readonly method: CalibrationMethod;
  readonly model: CalibratedModel;
  /**
   * The `scoreThreshold`, in 0..1, that keeps documents at least so probably relevant: the `relevanceScore`
   * of the logit `thresholdFor(probability)`, so for scorers whose scale is `"logit"`. Back to the
   * probability it is exact to 1e-9 by Platt's method. An isotonic curve may rise so steeply that rounding
   * moves the probability, and knows none below its first plateau, where 0 keeps all, or above its last,
   * where 1 drops all.
   *
   * @throws RetrievalError `invalid-option` for a probability outside 0..1.
   */
  scoreThresholdFor(probability: number): number;
  /** What `JSON.stringify` writes and `readCalibration` reads. */
  toJSON(): CalibrationRecord;
}

/** The calibration that a record describes; the record has been checked. */
export function calibrationOf(record: CalibrationRecord): Calibration {
  const { method, model } = record;
  const curve = record.method === "platt" ? plattCurve(record) : isotonicCurve(record);
  const scoreThresholdFor = (probability: number): number =>
    sigmoid(curve.thresholdFor(probability));
  return { ...curve, scoreThresholdFor, method, model, toJSON: () => structuredClone(record) };
}
