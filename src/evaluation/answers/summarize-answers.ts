import { latencyByStage } from "../experiment/latency.ts";
import type {
  AnswerEvaluation,
  AnswerShares,
  CitationMeans,
  EvaluatedAnswer,
} from "./answer-evaluation.ts";
import { sumTokens } from "./token-count.ts";

/** The figures over all answers that did not fail, except those of a judge. */
export function summarizeAnswers(
  answers: readonly EvaluatedAnswer[],
): Pick<AnswerEvaluation, "citations" | "shares" | "refusalsWithCitations" | "latency" | "tokens"> {
  const refusals = answers.filter(({ kind }) => kind === "refused");
  return {
    citations: citationMeans(answers.filter(({ kind }) => kind === "answered")),
    shares: {
      all: sharesOf(answers),
      withRelevant: sharesOf(answers.filter(({ relevant }) => relevant.passed > 0)),
      withoutRelevant: sharesOf(answers.filter(({ relevant }) => relevant.passed === 0)),
    },
    refusalsWithCitations: refusals.filter(({ citations }) => citations.length > 0).length,
    latency: latencyByStage(answers),
    tokens: sumTokens(answers.flatMap(({ tokens }) => tokens ?? [])),
  };
}

function citationMeans(answered: readonly EvaluatedAnswer[]): CitationMeans {
  const citations = answered.flatMap((answer) => answer.citations);
  return {
    precision: meanOf(answered.map(({ citationPrecision }) => citationPrecision)),
    recall: meanOf(answered.map(({ citationRecall }) => citationRecall)),
    passedRecall: meanOf(answered.map(({ passedRecall }) => passedRecall)),
    count: citations.length,
    unjudged: citations.filter(({ grade }) => grade === undefined).length,
    invented: answered.reduce((sum, { inventedCitations }) => sum + inventedCitations, 0),
  };
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  if (defined.length === 0) return undefined;
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

function sharesOf(answers: readonly EvaluatedAnswer[]): AnswerShares | undefined {
  const questions = answers.length;
  if (questions === 0) return undefined;
  const shareOf = (wanted: EvaluatedAnswer["kind"]): number =>
    answers.filter(({ kind }) => kind === wanted).length / questions;
  return {
    questions,
    answered: shareOf("answered"),
    refused: shareOf("refused"),
    noText: shareOf("no-text"),
  };
}
