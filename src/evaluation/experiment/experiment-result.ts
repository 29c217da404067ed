import type { Evaluation } from "../evaluate.ts";
import type { Judgements } from "../data/judgements.ts";
import type { Run } from "../data/run.ts";

/** Milliseconds per query, over a system's queries. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

/** A document that a system returned for a query. */
export interface FoundDocument {
  /** The id in the judgements. */
  readonly id: string;
  readonly text: string;
  /** Final rank, from 1. */
  readonly rank: number;
  /** Rank in the first stage, from 1; equals `rank` if nothing moved the document. */
  readonly firstRank: number;
  /** The cross-encoder's score on its own scale; `undefined` if the document was not scored. */
  readonly rawScore: number | undefined;
  /** How many tokens of query and text the cross-encoder did not see. */
  readonly truncatedTokens: number;
}

/** The result of one query. */
export interface QueryOutcome {
  /** Best first, each id once, at its best rank. */
  readonly documents: readonly FoundDocument[];
  /** Milliseconds of each stage that reported its time. */
  readonly stages: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  /** Why a stage failed, by its name, if the search continued without it. */
  readonly stageFailures?: ReadonlyMap<string, string>;
}

/** What one system returned for the queries of an experiment, and how well. */
export interface SystemResult {
  readonly name: string;
  /** Its scores strictly decrease with the rank, so that every tool orders it the same way. */
  readonly run: Run;
  /** One for each measure, in their order; a failed query counts 0. */
  readonly evaluations: readonly Evaluation[];
  readonly outcomes: ReadonlyMap<string, QueryOutcome>;
  /** Why a query failed, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  /** By stage, and `total`, over the queries that did not fail; empty if all failed. */
  readonly latency: ReadonlyMap<string, Latency>;
}

/** The queries, judgements and measured systems of an experiment. */
export interface ExperimentResult {
  /** Texts by id, judged queries only. */
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
  /** Names of the measures; the first one decides. */
  readonly measures: readonly string[];
  readonly systems: readonly SystemResult[];
  /** Whether a model generated the questions. */
  readonly isSynthetic: boolean;
}
