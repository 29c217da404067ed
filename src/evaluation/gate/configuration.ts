import type { Arithmetic } from "../../ranking/arithmetic.ts";
import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { SweepSettings } from "../sweep/sweep-result.ts";

/** How a `TwoStageRetriever` reranks. */
export interface RerankSettings {
  readonly candidateCount: number;
  /** Weight of the cross-encoder in 0..1. */
  readonly blend: number;
  /** Least `relevanceScore` (0..1) of a document; `undefined` drops none. */
  readonly scoreThreshold: number | undefined;
}

/** What was chosen without some of the queries, and what it gave on them. */
export interface FoldChoice {
  /** How many queries were held out. */
  readonly queries: number;
  /** Chosen on the others. */
  readonly settings: SweepSettings;
  /** Mean of the measure over the held-out queries. */
  readonly heldOutMean: number;
  /** The first stage's mean over the same queries. */
  readonly firstStageMean: number;
}

/** What the decision rests on: every query measured with what was chosen without it. */
export interface GateEvidence {
  readonly heldOutMean: number;
  /** The first stage's mean over the same queries. */
  readonly firstStageMean: number;
  /** The mean over the queries of held-out value minus the first stage's. */
  readonly difference: number;
  /** Bootstrap interval of `difference` at `1 - level`. */
  readonly interval: Interval;
  /** Two-sided p value of the paired randomisation test. */
  readonly pValue: number;
  /** The significance level: the accepted probability of reporting a difference where there is none. */
  readonly level: number;
  /** The smallest true difference that this many queries show with a chance of 0.8. */
  readonly detectableDifference: number;
  readonly folds: readonly FoldChoice[];
}

/** Whether and how to rerank, and why: plain data, which JSON keeps. */
export interface Configuration {
  readonly version: 1;
  /** `undecided`: too few queries to tell, so nothing should change. */
  readonly decision: "rerank" | "first-stage" | "undecided";
  /** Set exactly where the decision is to rerank. */
  readonly rerank: RerankSettings | undefined;
  /** The cross-encoder that was measured. */
  readonly model:
    | {
        readonly name: string;
        /** SHA-256 of the graph file, in hex: another dtype of the same model has other scores. */
        readonly fileHash: string | undefined;
        /** How it computed the scores, where the scorer tells it. */
        readonly arithmetic: Arithmetic | undefined;
      }
    | undefined;
  /** Name of the measure that decided. */
  readonly measure: string;
  /** How many judged queries there were. */
  readonly queries: number;
  /** The decision in words. */
  readonly reason: string;
  /** `undefined` where there were too few queries. */
  readonly evidence: GateEvidence | undefined;
}
