import {
  callback,
  number,
  required,
  string,
  text,
  wholeNumber,
  runnable,
  choice,
} from "../option-rules.ts";
import type { Runnable, RunnableConfig } from "@langchain/core/runnables";
import type { IterableReadableStream } from "@langchain/core/utils/stream";
import type { LanguageModel } from "../chat-models/language-model.ts";
import { defaultNothingFoundText } from "../chat-models/no-answer.ts";
import { refuseFilter } from "../documents/parse-filter.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { refuseScoreOptions } from "../ranking/list-reranker.ts";
import type { AnyRetriever } from "../retrieval/any-retriever.ts";
import { TwoStageRetriever } from "../retrieval/two-stage-retriever.ts";
import type { Answer, AnswerChunk } from "./answer.ts";
import type { AnswerInput } from "./answer-input.ts";
import { AnswerRunnable } from "./answer-runnable.ts";
import { estimateTokens, type TokenCounter } from "../text/estimate-tokens.ts";

/** The retriever, the models and the limits of an answer chain. */
export interface AnswerChainOptions {
  /** Asked once for each question: a `TwoStageRetriever`, or any LangChain retriever. */
  readonly retriever: AnyRetriever;
  /**
   * Any LangChain chat or completion model, one with retries or fallbacks, or a chain that ends in one or in
   * `StringOutputParser`.
   */
  readonly llm: LanguageModel;
  /** The model that rewrites the question to stand alone if there is chat history. @defaultValue `llm` */
  readonly rewriter?: LanguageModel | undefined;
  /**
   * Maximum tokens of the passages in the prompt, and of the chat history in the prompt for rewriting, at least
   * 1; the question and about 200 tokens of instructions are added. @defaultValue 3000
   */
  readonly maxContextTokens?: number | undefined;
  /**
   * Your own token counter, such as `(text) => llm.getNumTokens(text)`, which downloads a vocabulary
   * first. @defaultValue an estimate on the high side
   */
  readonly countTokens?: TokenCounter | undefined;
  /**
   * Leaves out documents whose `relevanceScore` is lower, in 0..1; documents without a score
   * stay. @defaultValue none is left out
   */
  readonly scoreThreshold?: number | undefined;
  /**
   * If no relevant document was found: answer `nothingFoundText` without asking the model, or ask it
   * anyway. @defaultValue "say-so"
   */
  readonly onNothingFound?: "say-so" | "ask-model" | undefined;
  /**
   * If the model returns no text, for example after a refusal or a filter: answer with what it returned
   * instead, or throw `no-answer`. @defaultValue "say-so"
   */
  readonly onNoAnswer?: "say-so" | "throw" | undefined;
  /**
   * The answer if the documents do not contain one; the model is told to use it, too. @defaultValue "The
   * documents do not contain the answer."
   */
  readonly nothingFoundText?: string | undefined;
  /** Added to the model's instructions, such as the tone or language of answers. @defaultValue nothing */
  readonly instructions?: string | undefined;
}

const answerChainOptionRules: OptionRules<AnswerChainOptions> = {
  retriever: required(runnable),
  llm: required(runnable),
  rewriter: runnable,
  maxContextTokens: wholeNumber(1),
  countTokens: callback,
  scoreThreshold: number(0, 1),
  onNothingFound: choice("say-so", "ask-model"),
  onNoAnswer: choice("say-so", "throw"),
  nothingFoundText: text,
  instructions: string,
};

/** A LangChain runnable from a question to an `Answer`, whose stream is typed by its pieces. */
export type AnswerChain = {
  /** Streams the answer as `AnswerChunk`s; added together they make the `Answer` that `invoke` returns. */
  stream(
    input: AnswerInput,
    options?: Partial<RunnableConfig>,
  ): Promise<IterableReadableStream<AnswerChunk>>;
} & Runnable<AnswerInput, Answer>;

/**
 * Creates a chain that answers questions from retrieved documents, with checked citations. It streams
 * `AnswerChunk`s. Passages are shown to the model as data, between marks that they cannot close.
 *
 * @example
 * ```ts
 * import { FakeListChatModel } from "@langchain/core/utils/testing";
 * import { Bm25Retriever, createAnswerChain, loadFolder, splitPassages } from "langchain-rerank";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const passages = await splitPassages(documents);
 * const retriever = await Bm25Retriever.fromDocuments(passages, { k: 5 });
 * // Use your own chat model here.
 * const llm = new FakeListChatModel({ responses: ["It trains two small matrices [1]."] });
 *
 * const chain = createAnswerChain({ retriever, llm });
 * const { answer, citations } = await chain.invoke("How does LoRA reduce memory?");
 * console.log(answer, citations[0]?.source);
 * ```
 */
export function createAnswerChain(options: AnswerChainOptions): AnswerChain {
  refuseFilter(options);
  const {
    retriever,
    llm,
    rewriter = llm,
    maxContextTokens = 3000,
    countTokens = estimateTokens,
    scoreThreshold,
    onNothingFound = "say-so",
    onNoAnswer = "say-so",
    nothingFoundText = defaultNothingFoundText,
    instructions,
  } = requireOptions("createAnswerChain", options, answerChainOptionRules);
  const ranker = retriever instanceof TwoStageRetriever ? retriever.reranker.ranker : undefined;
  if (ranker) refuseScoreOptions(ranker, options, ["scoreThreshold"]);
  return new AnswerRunnable({
    retriever,
    llm,
    rewriter,
    maxContextTokens: maxContextTokens,
    countTokens,
    scoreThreshold,
    onNothingFound,
    onNoAnswer,
    nothingFoundText: nothingFoundText,
    instructions,
  });
}
