import { pairedDifferences } from "../comparison/paired-differences.ts";
import { randomizationTest } from "../comparison/randomization-test.ts";
import type { ResamplingOptions } from "../comparison/resampling.ts";
import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { Evaluation } from "../evaluate.ts";
import type { Latency } from "../experiment/experiment-result.ts";
import type { Run } from "../data/run.ts";

/** A way to set up the second stage; no `candidateCount` is the first stage alone. */
export interface SweepSettings {
  readonly candidateCount: number | undefined;
  /** Weight of the cross-encoder in 0..1. */
  readonly blend: number;
  readonly scoreThreshold: number | undefined;
}

export type Timing = "measured" | "forecast";

/** What these settings would have given, from pools that were scored once. */
export interface SweepPoint extends SweepSettings {
  readonly run: Run;
  /** One for each measure, in their order. */
  readonly evaluations: readonly Evaluation[];
  /** Of the mean of each measure, in their order. */
  readonly intervals: readonly Interval[];
  readonly latency: Latency;
  /** How `latency` is known: measured for the first stage alone and at the depth of the pools, else foretold from that. */
  readonly timing: Timing;
}

/** The mean of the measure that decides. */
export function decidingMean({ evaluations: [deciding] }: Pick<SweepPoint, "evaluations">): number {
  return deciding?.mean ?? 0;
}

export interface SweepResult {
  /** Names of the measures, the one that decides first. */
  readonly measures: readonly string[];
  /** The first stage as it came. */
  readonly firstStage: SweepPoint;
  /** Every combination, smallest depth first. */
  readonly points: readonly SweepPoint[];
  /** The highest mean of the deciding measure. */
  readonly best: SweepPoint;
  /** The lowest latency among the points that are not significantly worse than `best`. */
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
