import type { Arithmetic } from "../../ranking/arithmetic.ts";
import type { PairCost } from "../../model/queue/row-cost.ts";
import type { ScoreScale } from "../../ranking/pair-scorer.ts";

/** A candidate with all that a second stage's settings look at. */
export interface PoolDocument {
  /** As the judgements name it; several passages of a pool may share one. */
  readonly id: string;
  /** The score that ordered the first stage; minus its place where that gave none. */
  readonly firstScore: number;
  /** What the cross-encoder gave, on its own scale; `undefined` where that was no finite number. */
  readonly rawScore: number | undefined;
  /** In 0..1: the raw score on the scale of `relevanceScore`, in the whole pool. */
  readonly relevance: number;
  /** Length of the text in UTF-16 units. */
  readonly characters: number;
  /** How many tokens of query and text did not fit into the model's window. */
  readonly truncatedTokens: number;
}

/** One query's candidates, each scored. */
export interface Pool {
  /** In the order of the first stage: the first one has rank 1. */
  readonly documents: readonly PoolDocument[];
  /** Milliseconds by stage. */
  readonly stages: ReadonlyMap<string, number>;
  /** Milliseconds until the candidates were there. */
  readonly firstStageMs: number;
  /** Milliseconds for scoring and ordering all of them. */
  readonly rerankMs: number;
}

/** Which cross-encoder scored the pools. */
export interface PoolScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  /** SHA-256 of the graph file, in hex, where the scorer tells it. */
  readonly fileHash: string | undefined;
  /** How it computes its scores, where the scorer tells it. */
  readonly arithmetic: Arithmetic | undefined;
  /** Length of its window in tokens, where the scorer tells it. */
  readonly maxTokens: number | undefined;
  /** What a pair costs here, where the scorer has measured it. */
  readonly cost: PairCost | undefined;
}

/** How many of the prefixes that were looked at a smaller search would not have given. */
export interface PrefixCheck {
  readonly checked: number;
  /** Above 0: points below the largest depth are not what a real search of that depth gives. */
  readonly differing: number;
}

/** The candidates of each query, scored once to the largest depth that will be looked at. */
export interface ScoredPools {
  /** Texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** How many candidates were asked for. */
  readonly depth: number;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Why a query has no pool, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  readonly scorer: PoolScorer;
  readonly prefixes: PrefixCheck;
}
