import type { Arithmetic } from "../../ranking/arithmetic.ts";
import type { StageRank } from "../../documents/provenance.ts";
import type { PairCost } from "../../model/queue/row-cost.ts";
import type { Windowing } from "../../model/tokens/text-windows.ts";
import type { ScoreScale } from "../../ranking/pair-scorer.ts";
import type { ScoringModel } from "../../ranking/scoring-model.ts";

/** A candidate with all values that the settings of a second stage use. */
export interface PoolDocument {
  /** The id in the judgements; several passages of a pool may share it. */
  readonly id: string;
  /** The first-stage score; minus the rank if the first stage gave no score. */
  readonly firstScore: number;
  /** Rank and similarity by the bi-encoder; `undefined` if it did not find the candidate. */
  readonly dense?: StageRank | undefined;
  /** Rank and score by BM25; `undefined` if it did not find the candidate. */
  readonly lexical?: StageRank | undefined;
  /** Rank and score by the fusion of a hybrid first stage; `undefined` if there is none. */
  readonly fused?: StageRank | undefined;
  /** The cross-encoder's score on its own scale; `undefined` if it was not a finite number. */
  readonly rawScore: number | undefined;
  /** The raw score on the scale of `relevanceScore` in 0..1, relative to the whole pool. */
  readonly relevance: number;
  /** Length of the text in UTF-16 units. */
  readonly characters: number;
  /** How many tokens of query and text did not fit the model's window. */
  readonly truncatedTokens: number;
  /** In how many windows the text was scored. @defaultValue 1 */
  readonly windows?: number | undefined;
}

/** One query's candidates, each scored. */
export interface Pool {
  /** In first-stage order: the first one has rank 1. */
  readonly documents: readonly PoolDocument[];
  /** Milliseconds by stage. */
  readonly stages: ReadonlyMap<string, number>;
  /** Milliseconds until the candidates were found. */
  readonly firstStageMs: number;
  /** Milliseconds for scoring and sorting all of them. */
  readonly rerankMs: number;
}

/** The cross-encoder that scored the pools. */
export interface PoolScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  /** SHA-256 of the graph file, in hex, if the scorer reports it. */
  readonly fileHash: string | undefined;
  /** How it computes its scores, if the scorer reports it. */
  readonly arithmetic: Arithmetic | undefined;
  /** Length of its window in tokens, if the scorer reports it. */
  readonly maxTokens: number | undefined;
  /** How it cuts long texts into windows, if it does. */
  readonly window?: Windowing | undefined;
  /** Measured cost of a pair on this machine, if the scorer reports it. */
  readonly cost: PairCost | undefined;
  /**
   * Median milliseconds of a call that scores one passage, if it was measured. @defaultValue its share of the time of
   * all passages
   */
  readonly onePassageMs?: number | undefined;
}

/** How many of the checked prefixes differ from the result of a smaller search. */
export interface PrefixCheck {
  readonly checked: number;
  /** If above 0, points below the largest depth differ from a real search of that depth. */
  readonly differing: number;
}

/** The candidates of each query, scored once up to the largest depth to be examined. */
export interface ScoredPools {
  /** Texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** How many candidates were requested. */
  readonly depth: number;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Why a query has no pool, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  readonly scorer: PoolScorer;
  /** The bi-encoders of the first stage, as far as it knows them. */
  readonly embeddings: readonly ScoringModel[];
  readonly prefixes: PrefixCheck;
}
