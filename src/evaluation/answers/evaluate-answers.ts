import { defaultNothingFoundText } from "../../chat-models/no-answer.ts";
import { identityOf } from "../../documents/identity.ts";
import {
  callback,
  checkedByTaker,
  methods,
  required,
  text,
  wholeNumber,
} from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { type Grades, type Judgements, judgementsRule } from "../data/judgements.ts";
import { type AskOptions, askOptionRules, QueryAsker } from "../experiment/ask-queries.ts";
import type { IdOf } from "../experiment/found-documents.ts";
import { judgedQueries, queriesRule } from "../experiment/judged-queries.ts";
import type { RelevanceOptions } from "../measures/measure.ts";
import type { AnswerEvaluation, EvaluatedAnswer } from "./answer-evaluation.ts";
import { answerKind, type RefusalOptions } from "./answer-kind.ts";
import {
  askChain,
  type AnsweringChain,
  type ChainAnswer,
  type TimedAnswer,
} from "./answering-chain.ts";
import { citationPrecision, compareCitations } from "./citation-measures.ts";
import { type AnswerJudge, judgeOf } from "./judge.ts";
import { judgeClaims, summarizeClaims, type JudgedClaims } from "./judge-claims.ts";
import { summarizeAnswers } from "./summarize-answers.ts";

/** The chain, its questions, and how its answers are judged. */
export interface EvaluateAnswersOptions
  extends RelevanceOptions, Pick<AskOptions, "concurrency" | "onProgress" | "signal"> {
  /** What `createAnswerChain` returns, or any object whose `invoke` returns answers of that form. */
  readonly chain: AnsweringChain;
  /** Texts by id; only judged questions are asked. */
  readonly questions: ReadonlyMap<string, string>;
  /** Grades of passages by question. Give a question that has no answer a passage of grade 0, so that it is asked. */
  readonly judgements: Judgements;
  /** Returns a passage's id in the judgements. @defaultValue the document's identity, as elsewhere in this package */
  readonly idOf?: IdOf | undefined;
  /**
   * Judges each sentence of the answers with the passages that it cites, after all answers are there: `{ llm }` or
   * `{ scorer }`. @defaultValue claims are not judged
   */
  readonly judge?: AnswerJudge | undefined;
  /**
   * The option of the chain: an answer that says only this is a refusal. Case, punctuation and markers do not
   * count. @defaultValue "The documents do not contain the answer."
   */
  readonly nothingFoundText?: string | undefined;
  /** Recognises further refusals, from the answer without markers. @defaultValue there are no others */
  readonly isRefusal?: ((answer: string) => boolean) | undefined;
}

const evaluateAnswersOptionRules: OptionRules<EvaluateAnswersOptions> = {
  chain: required(methods("a chain, as createAnswerChain returns", "invoke")),
  questions: queriesRule,
  judgements: judgementsRule,
  idOf: callback,
  judge: checkedByTaker,
  nothingFoundText: text,
  isRefusal: callback,
  relevanceLevel: wholeNumber(1),
  concurrency: askOptionRules.concurrency,
  onProgress: askOptionRules.onProgress,
  signal: askOptionRules.signal,
};

/**
 * Asks a chain every judged question, and measures its citations against the judgements: no model is needed for that.
 * A question on which the chain fails is added to `failures`. With a `judge`, the sentences of the answers are judged,
 * too. Progress is reported for `chain`, then for `judge`.
 *
 * Citation precision and recall have their names from ALCE. ALCE asks an entailment model, sentence by sentence: recall
 * is the share of sentences that their citations support, precision the share of citations that are needed for it. Here
 * people have judged which passages answer the question: precision is the share of citations of such passages, recall
 * the share of such passages that are cited. So a citation is right wherever it stands, and an answer that needs only
 * one of several relevant passages has a low recall. `judge` measures what ALCE's recall does: `1 - unsupportedRate`.
 *
 * @see Gao et al., Enabling Large Language Models to Generate Text with Citations (EMNLP 2023),
 * https://arxiv.org/abs/2305.14627
 *
 * @throws RetrievalError `invalid-input` if a judged question has no text, or no question is judged; the signal's reason.
 *
 * @example
 * ```ts
 * import { FakeListChatModel } from "@langchain/core/utils/testing";
 * import { Bm25Retriever, createAnswerChain, loadFolder } from "langchain-rerank";
 * import { evaluateAnswers, judgementsFrom } from "langchain-rerank/evaluation";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const retriever = await Bm25Retriever.fromDocuments(documents, { k: 1 });
 * const llm = new FakeListChatModel({ responses: ["It trains two small matrices [1]."] }); // Use your own model.
 *
 * const { citations, shares } = await evaluateAnswers({
 *   chain: createAnswerChain({ retriever, llm, maxContextTokens: 10_000 }),
 *   questions: new Map([["q1", "How does LoRA reduce memory?"]]),
 *   judgements: judgementsFrom({ q1: { "lora_finetuning_guide.md": 1 } }),
 *   idOf: ({ metadata }) => metadata.source,
 * });
 * console.log(citations.precision, citations.recall, shares.all?.answered);
 * ```
 */
export async function evaluateAnswers(options: EvaluateAnswersOptions): Promise<AnswerEvaluation> {
  const {
    chain,
    questions,
    judgements,
    idOf = identityOf,
    judge,
    nothingFoundText = defaultNothingFoundText,
    isRefusal,
    relevanceLevel = 1,
    ...asking
  } = requireOptions("evaluateAnswers", options, evaluateAnswersOptionRules);
  const judgeClaim = judge === undefined ? undefined : judgeOf(judge);
  const asked = judgedQueries(questions, judgements, "questions");
  const { signal } = asking;
  const asker = new QueryAsker<EvaluatedAnswer | undefined>(asked, {
    ...asking,
    warmUpQueries: 0,
    systems: judge ? ["chain", "judge"] : ["chain"],
    log: undefined,
  });
  const given = new Map<string, ChainAnswer>();
  const comparing = { nothingFoundText, isRefusal, idOf, relevanceLevel };
  const { outcomes, failures } = await asker.ask("chain", async (question, id) => {
    const timed = await askChain(chain, question, signal);
    given.set(id, timed.given);
    return compare(timed, judgements.get(id) ?? new Map<string, number>(), comparing);
  });
  const judged = new Map<string, JudgedClaims>();
  if (judgeClaim) {
    await asker.ask("judge", async (question, id) => {
      const answer = outcomes.get(id)?.kind === "answered" ? given.get(id) : undefined;
      const judging = { question, judge: judgeClaim, signal };
      if (answer) judged.set(id, await judgeClaims(answer, judging));
      return undefined;
    });
  }
  const answers = [...outcomes].flatMap(([id, answer]): [string, EvaluatedAnswer][] =>
    answer ? [[id, { ...answer, claims: judged.get(id)?.claims }]] : [],
  );
  return {
    questions: asked,
    answers: new Map(answers),
    failures,
    ...summarizeAnswers(answers.map(([, answer]) => answer)),
    claims: judgeClaim && summarizeClaims(judged.values()),
  };
}

/** Compares one answer with the grades of its question. */
function compare(
  { given, ...timed }: TimedAnswer,
  grades: Grades,
  {
    idOf,
    relevanceLevel,
    ...refusals
  }: RefusalOptions & { readonly idOf: IdOf; readonly relevanceLevel: number },
): EvaluatedAnswer {
  const kind = answerKind(given, refusals);
  const { citations, relevant } = compareCitations(given, { grades, idOf, relevanceLevel });
  const isAnswered = kind === "answered";
  const shareOf = (total: number): number | undefined =>
    isAnswered && total > 0 ? relevant.cited / total : undefined;
  return {
    kind,
    answer: given.answer,
    citations,
    inventedCitations: given.trace?.inventedCitations?.length ?? 0,
    relevant,
    citationPrecision: isAnswered ? citationPrecision(citations, relevanceLevel) : undefined,
    citationRecall: shareOf(relevant.judged),
    passedRecall: shareOf(relevant.passed),
    ...timed,
    claims: undefined,
  };
}
