import { pairedDifferences } from "../comparison/paired-differences.ts";
import { randomizationTest } from "../comparison/randomization-test.ts";
import type { ResamplingOptions } from "../comparison/resampling.ts";
import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { Evaluation } from "../evaluate.ts";
import type { Latency } from "../experiment/experiment-result.ts";
import type { Run } from "../data/run.ts";

/** Settings of the second stage; without `candidateCount`, the first stage alone. */
export interface SweepSettings {
  readonly candidateCount: number | undefined;
  /** Weight of the cross-encoder in 0..1. */
  readonly blend: number;
  readonly scoreThreshold: number | undefined;
}

/** How a latency was obtained. */
export type Timing = "measured" | "forecast";

/** The result that these settings would have given, computed from pools that were scored once. */
export interface SweepPoint extends SweepSettings {
  readonly run: Run;
  /** One for each measure, in their order. */
  readonly evaluations: readonly Evaluation[];
  /** Of the mean of each measure, in their order. */
  readonly intervals: readonly Interval[];
  readonly latency: Latency;
  /** Measured for the first stage alone and at the depth of the pools, otherwise forecast. */
  readonly timing: Timing;
}

/** The mean of the deciding measure. */
export function decidingMean({ evaluations: [deciding] }: Pick<SweepPoint, "evaluations">): number {
  return deciding?.mean ?? 0;
}

/** The measured points of a sweep. */
export interface SweepResult {
  /** Names of the measures; the first one decides. */
  readonly measures: readonly string[];
  /** The first stage without reranking. */
  readonly firstStage: SweepPoint;
  /** Every combination, smallest depth first. */
  readonly points: readonly SweepPoint[];
  /** The point with the highest mean of the deciding measure. */
  readonly best: SweepPoint;
  /** The point with the lowest latency among those that are not significantly worse than `best`. */
  readonly cheapest: SweepPoint;
  /** The deciding measure if the largest pool were in the best order that the judgements allow. */
  readonly oracle: Evaluation;
  /** Why a query has no pool, by its id; it counts 0 in every point. */
  readonly failures: ReadonlyMap<string, string>;
}

/** The two-sided p value of the randomisation test between two points of a sweep, by the deciding measure. */
export function pValueBetween(
  { evaluations: [one] }: SweepPoint,
  { evaluations: [other] }: SweepPoint,
  options: ResamplingOptions = {},
): number {
  if (one === undefined || other === undefined) return 1;
  return randomizationTest(pairedDifferences(one, other), options);
}
