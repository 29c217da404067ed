import type { Arithmetic } from "../../ranking/arithmetic.ts";
import type { FittedFusion } from "../../ranking/fitted-fusion.ts";
import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { SweepSettings } from "../sweep/sweep-result.ts";

/** How a `TwoStageRetriever` reranks. */
export interface RerankSettings {
  readonly candidateCount: number;
  /** Weight of the cross-encoder in 0..1, or a fusion that was fitted on all queries. */
  readonly blend: number | FittedFusion;
  /** Minimum `relevanceScore` of a document, in 0..1; `undefined` drops none. */
  readonly scoreThreshold: number | undefined;
}

/** Settings to choose from. */
export interface ChosenSettings extends Omit<SweepSettings, "blend"> {
  /** Weight of the cross-encoder in 0..1; `"fitted"` stands for a fusion fitted on the same queries. */
  readonly blend: number | "fitted";
}

/** The choice made without one fold of the queries, and its result on that fold. */
export interface FoldChoice {
  /** Number of held-out queries. */
  readonly queries: number;
  /** Chosen on the other queries. */
  readonly settings: ChosenSettings;
  /** Mean of the measure over the held-out queries. */
  readonly heldOutMean: number;
  /** The first stage's mean over the same queries. */
  readonly firstStageMean: number;
}

/** The evidence for the decision: every query measured with settings chosen without it. */
export interface GateEvidence {
  readonly heldOutMean: number;
  /** The first stage's mean over the same queries. */
  readonly firstStageMean: number;
  /** The mean over the queries of the held-out value minus the first stage's. */
  readonly difference: number;
  /** Bootstrap interval of `difference` at `1 - level`. */
  readonly interval: Interval;
  /** Two-sided p value of the paired randomisation test. */
  readonly pValue: number;
  /** The significance level: the accepted probability of reporting a difference where there is none. */
  readonly level: number;
  /** The smallest true difference that this many queries detect with a probability of 0.8. */
  readonly detectableDifference: number;
  readonly folds: readonly FoldChoice[];
}

/** Whether and how to rerank, and why: plain data, which JSON preserves. */
export interface Configuration {
  readonly version: 1;
  /** `undecided`: there are too few queries to decide, so nothing should change. */
  readonly decision: "rerank" | "first-stage" | "undecided";
  /** Set if, and only if, the decision is to rerank. */
  readonly rerank: RerankSettings | undefined;
  /** The cross-encoder that was measured. */
  readonly model:
    | {
        readonly name: string;
        /** SHA-256 of the graph file, in hex: another dtype of the same model has different scores. */
        readonly fileHash: string | undefined;
        /** How it computed the scores, if the scorer reports it. */
        readonly arithmetic: Arithmetic | undefined;
      }
    | undefined;
  /** Name of the first stage, if `bakeOff` chose it too. */
  readonly firstStage?: string | undefined;
  /** Name of the deciding measure. */
  readonly measure: string;
  /** Number of judged queries. */
  readonly queries: number;
  /** The decision in words. */
  readonly reason: string;
  /** `undefined` if there were too few queries, and from `bakeOff`, whose result has the comparisons. */
  readonly evidence: GateEvidence | undefined;
}
