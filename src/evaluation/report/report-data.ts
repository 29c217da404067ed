import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { CorrectedComparison } from "../comparison/compare-systems.ts";
import type { Finding } from "../diagnosis/finding.ts";
import type { Truncation } from "../diagnosis/truncation.ts";
import type { Latency } from "../experiment/experiment-result.ts";
import type { Configuration, GateEvidence } from "../gate/configuration.ts";
import type { SweepSettings, Timing } from "../sweep/sweep-result.ts";

/** The values of one measure for one system. */
export interface ReportMeasure {
  readonly name: string;
  readonly mean: number;
  /** Bootstrap interval of the mean. */
  readonly interval: Interval;
  readonly perQuery: Readonly<Record<string, number>>;
  /**
   * Comparison with the baseline, corrected for all comparisons of the report; `null` for the baseline itself.
   */
  readonly comparison: CorrectedComparison | null;
}

/** The figures of one system. */
export interface ReportSystem {
  readonly name: string;
  /** In the order of the report's `measures`. */
  readonly measures: readonly ReportMeasure[];
  /** By stage, and `total`. */
  readonly latency: Readonly<Record<string, Latency>>;
  readonly truncation: Truncation;
  /** Why queries failed, by their ids. */
  readonly failures: Readonly<Record<string, string>>;
}

/** A depth, blend and threshold of the sweep; `null` means not set. */
export interface ReportPoint {
  readonly candidateCount: number | null;
  readonly blend: SweepSettings["blend"];
  readonly scoreThreshold: number | null;
  /** In the order of the sweep's measures. */
  readonly means: readonly number[];
  readonly intervals: readonly Interval[];
  readonly latency: Latency;
  readonly timing: Timing;
}

/** The figures of a sweep over depths, blends and thresholds. */
export interface ReportSweep {
  readonly measures: readonly string[];
  readonly firstStage: ReportPoint;
  readonly points: readonly ReportPoint[];
  readonly best: ReportPoint;
  readonly cheapest: ReportPoint;
  /** Mean of the deciding measure in the best possible order. */
  readonly oracle: number;
  /** Why queries have no pool and count 0 at every depth, by their ids. */
  readonly failures: Readonly<Record<string, string>>;
}

/** A held-out part of the queries in the gate's decision; `null` as settings means the first stage alone. */
export interface ReportFold {
  readonly queries: number;
  readonly settings: ReportSettings | null;
  readonly heldOutMean: number;
  readonly firstStageMean: number;
}

/** How to rerank. */
export interface ReportSettings {
  readonly candidateCount: number;
  /** Weight of the cross-encoder, or `fitted` for a fitted fusion. */
  readonly blend: number | "fitted";
  readonly scoreThreshold: number | null;
}

/** The gate's decision whether to rerank, with its evidence. */
export interface ReportDecision {
  readonly decision: Configuration["decision"];
  /** The decision in words. */
  readonly reason: string;
  /** `null` unless the decision is to rerank. */
  readonly rerank: ReportSettings | null;
  /** Name of the measured cross-encoder; `null` if the configuration names none. */
  readonly model: string | null;
  readonly measure: string;
  readonly queries: number;
  /** `null` if there were too few queries to decide. */
  readonly evidence:
    | (Omit<GateEvidence, "folds"> & { readonly folds: readonly ReportFold[] })
    | null;
}

/** One query's values of the deciding measure. */
export interface ReportDifference {
  readonly query: string;
  readonly text: string;
  readonly baseline: number;
  readonly challenger: number;
  readonly difference: number;
}

/** A document's ranks in the baseline and in the challenger; `null` if the system did not return it. */
export interface ReportShift {
  readonly id: string;
  readonly text: string;
  /** `null` if the document is not judged. */
  readonly grade: number | null;
  readonly from: number | null;
  readonly to: number | null;
}

/** A query, with the ranks of its relevant documents in both systems. */
export interface ReportCase extends ReportDifference {
  /** Its relevant documents, best new rank first. */
  readonly relevant: readonly ReportShift[];
  /** The challenger's first document, if it is not relevant. */
  readonly intruder: ReportShift | null;
}

/** Every figure of a report: the content of the JSON format, and the source of the other formats. */
export interface ReportData {
  /** Changes when a field is removed or changes its meaning. */
  readonly version: 1;
  readonly title: string;
  readonly verdict: string;
  /** The deciding measure first. */
  readonly measures: readonly string[];
  readonly baseline: string;
  /** The system that verdict, differences and shifts are about; `null` if there is only one system. */
  readonly challenger: string | null;
  readonly systems: readonly ReportSystem[];
  readonly findings: readonly Finding[];
  readonly sweep: ReportSweep | null;
  readonly decision: ReportDecision | null;
  /** Largest gain first. */
  readonly differences: readonly ReportDifference[];
  /** Most helped first. */
  readonly helped: readonly ReportCase[];
  /** Most harmed first. */
  readonly harmed: readonly ReportCase[];
  readonly made: {
    readonly queries: number;
    readonly judgements: number;
    readonly relevant: number;
    readonly isSynthetic: boolean;
    /** Number of systems that the challenger was chosen from as the best; 1 if the caller named it. */
    readonly candidates: number;
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
    /** The command that recreates the report; `null` if not given. */
    readonly command: string | null;
    /** The machine that times were measured on; `null` if not given. */
    readonly machine: string | null;
  };
}
