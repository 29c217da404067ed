import type { Latency } from "../experiment/experiment-result.ts";
import type { AnswerKind } from "./answer-kind.ts";
import type { EvaluatedCitation, RelevantCounts } from "./citation-measures.ts";
import type { ClaimSummary, JudgedClaim } from "./judge-claims.ts";
import type { AnswerTokens } from "./token-count.ts";

/** One answer, compared with the judgements of its question. */
export interface EvaluatedAnswer {
  readonly kind: AnswerKind;
  readonly answer: string;
  /** One for each marker, in the order of the answer. */
  readonly citations: readonly EvaluatedCitation[];
  /** How many markers named no passage; the chain removed them, so they are not among `citations`. */
  readonly inventedCitations: number;
  readonly relevant: RelevantCounts;
  /**
   * The share of citations whose passage is relevant; a passage without a grade is not. 0 for an answer without
   * citations; `undefined` unless the question was answered.
   */
  readonly citationPrecision: number | undefined;
  /**
   * The share of relevant documents that the answer cites; `undefined` unless the question was answered and has
   * relevant documents.
   */
  readonly citationRecall: number | undefined;
  /** The same share of those that the model was given; `undefined` if there are none. */
  readonly passedRecall: number | undefined;
  /** Milliseconds of each stage that reported its time. */
  readonly stages: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  /** `undefined` if a model did not report its tokens, or none was called. */
  readonly tokens: AnswerTokens | undefined;
  /** The sentences of the answer with their verdicts; `undefined` without a judge, and unless it is `answered`. */
  readonly claims: readonly JudgedClaim[] | undefined;
}

/** Means over the questions for which a measure is defined; `undefined` if there is none. */
export interface CitationMeans {
  /** Over all answers of the kind `answered`. */
  readonly precision: number | undefined;
  /** Over those whose question has relevant documents. */
  readonly recall: number | undefined;
  /** Over those whose model was given relevant documents. */
  readonly passedRecall: number | undefined;
  /** Citations of all answers of the kind `answered`. */
  readonly count: number;
  /** How many of them have a passage without a grade, which counts as not relevant. */
  readonly unjudged: number;
  /** Markers that named no passage, of the same answers. */
  readonly invented: number;
}

/** How many questions there are, and the share of each kind of answer, in 0..1. */
export interface AnswerShares {
  readonly questions: number;
  readonly answered: number;
  readonly refused: number;
  readonly noText: number;
}

/** What a chain answered, and how well. */
export interface AnswerEvaluation {
  /** Texts by id, judged questions only. */
  readonly questions: ReadonlyMap<string, string>;
  /** By question id, in the order of the judgements; without failed questions. */
  readonly answers: ReadonlyMap<string, EvaluatedAnswer>;
  /** Why a question failed, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  readonly citations: CitationMeans;
  readonly shares: {
    /** Over all questions that did not fail; `undefined` if all failed. */
    readonly all: AnswerShares | undefined;
    /** Over those whose model was given a relevant document: a refusal is wrong. */
    readonly withRelevant: AnswerShares | undefined;
    /** Over the others: an answer does not come from a relevant document. */
    readonly withoutRelevant: AnswerShares | undefined;
  };
  /** How many refusals cite passages. */
  readonly refusalsWithCitations: number;
  /** By stage, and `total`, over the questions that did not fail; empty if all failed. */
  readonly latency: ReadonlyMap<string, Latency>;
  /** Sums over the answers whose models reported their tokens; `undefined` if none did. */
  readonly tokens: AnswerTokens | undefined;
  /** The verdicts of the judge; `undefined` without one. */
  readonly claims: ClaimSummary | undefined;
}
