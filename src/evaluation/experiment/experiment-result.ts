import type { Evaluation } from "../evaluate.ts";
import type { Judgements } from "../data/judgements.ts";
import type { Run } from "../data/run.ts";

/** Milliseconds over the queries of a system. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

/** A document that a system gave for a query. */
export interface FoundDocument {
  /** As the judgements name it. */
  readonly id: string;
  readonly text: string;
  /** Final place, from 1. */
  readonly rank: number;
  /** Place in the first stage, from 1; `rank` where nothing moved it. */
  readonly firstRank: number;
  /** What a cross-encoder gave, on its own scale; `undefined` where none scored it. */
  readonly rawScore: number | undefined;
  /** How many tokens of query and text the cross-encoder did not see. */
  readonly truncatedTokens: number;
}

/** What became of one query. */
export interface QueryOutcome {
  /** Best first, each id once, at its best place. */
  readonly documents: readonly FoundDocument[];
  /** Milliseconds of each stage that told them. */
  readonly stages: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  /** Why a stage gave nothing, by its name, where the search went on without it. */
  readonly stageFailures?: ReadonlyMap<string, string>;
}

/** What one system returned for the queries of an experiment, and how well. */
export interface SystemResult {
  readonly name: string;
  /** With scores that fall strictly with the rank, so that every reader orders it alike. */
  readonly run: Run;
  /** One for each measure, in their order; a query that failed counts 0. */
  readonly evaluations: readonly Evaluation[];
  readonly outcomes: ReadonlyMap<string, QueryOutcome>;
  /** Why a query failed, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  /** By stage, and `total`; of the queries that did not fail, and empty where all did. */
  readonly latency: ReadonlyMap<string, Latency>;
}

/** The queries, judgements and measured systems of an experiment. */
export interface ExperimentResult {
  /** Texts by id, judged ones only. */
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
  /** Names of the measures, the one that decides first. */
  readonly measures: readonly string[];
  readonly systems: readonly SystemResult[];
  /** Whether the questions were made by a model, not asked by people. */
  readonly isSynthetic: boolean;
}
