import type { CorrectedComparison } from "../comparison/compare-systems.ts";

/** A question whose value fell. */
export interface BaselineDrop {
  readonly query: string;
  readonly text: string;
  readonly before: number;
  readonly after: number;
  /** Rank of the first relevant document, from 1; `undefined` if the system returned none. */
  readonly rankBefore: number | undefined;
  readonly rankAfter: number | undefined;
}

/** A system compared with its own result in the baseline. */
export interface SystemChange {
  readonly name: string;
  /** By the deciding measure, at `level`; `not-significant` also if no value changed. */
  readonly outcome: "worse" | "better" | "not-significant";
  /** The deciding measure before (`baselineMean`) and after (`challengerMean`), with a paired test. */
  readonly comparison: CorrectedComparison;
  /**
   * The smallest true drop that the corrected test detects with probability `power`, if the values scatter as they
   * do here; `undefined` if too few values changed for any significant result.
   */
  readonly detectableDrop: number | undefined;
  /** The means of all measures, in their order. Only the first one decides. */
  readonly means: readonly {
    readonly measure: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** The 95th percentile (p95) of the milliseconds per query. */
  readonly p95Ms: {
    readonly before: number;
    readonly after: number;
    /** Whether it rose by more than `latencyTolerance`; `false` without a tolerance. */
    readonly isTooSlow: boolean;
  };
  /** Largest drop of the deciding measure first. */
  readonly drops: readonly BaselineDrop[];
}

/** A setting whose value differs from the baseline's; `undefined` means not set. */
export interface ChangedSetting {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The comparison of an experiment with a baseline. */
export interface BaselineComparison {
  /** Whether the quality of a system fell significantly, or its latency rose by more than the tolerance. */
  readonly isWorse: boolean;
  /** The result in words. */
  readonly verdict: string;
  /** Name of the deciding measure. */
  readonly measure: string;
  /** Number of questions. */
  readonly queries: number;
  /** The systems of the baseline, in its order. */
  readonly systems: readonly SystemChange[];
  /** Names of measured systems that the baseline lacks; they are not compared. */
  readonly newSystems: readonly string[];
  readonly changedSettings: readonly ChangedSetting[];
  /** The significance level of the test. */
  readonly level: number;
  /** The probability that belongs to `detectableDrop`. */
  readonly power: number;
  /** As a share of the baseline's p95; `undefined` if latency does not decide. */
  readonly latencyTolerance: number | undefined;
}
