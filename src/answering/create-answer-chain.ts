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
import { refuseFilter } from "../documents/parse-filter.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { AnyRetriever } from "../retrieval/any-retriever.ts";
import type { Answer, AnswerChunk } from "./answer.ts";
import type { AnswerInput } from "./answer-input.ts";
import { AnswerRunnable } from "./answer-runnable.ts";
import { estimateTokens, type TokenCounter } from "./count-tokens.ts";

/** The retriever, the models and the limits of an answer chain. */
export interface AnswerChainOptions {
  /** Asked once for each question: a `TwoStageRetriever`, or any LangChain retriever. */
  readonly retriever: AnyRetriever;
  /** Any LangChain chat or completion model, one with retries or fallbacks, or a chain that ends in one or in `StringOutputParser`. */
  readonly llm: LanguageModel;
  /** Makes a question of a conversation one that can be searched for by itself. @defaultValue `llm` */
  readonly rewriter?: LanguageModel | undefined;
  /**
   * Tokens that passages may take in the prompt, and the conversation in the one for rewriting; the question
   * and about 200 tokens of instructions come on top. @defaultValue 3000
   */
  readonly maxContextTokens?: number | undefined;
  /** Counts tokens, such as `(text) => llm.getNumTokens(text)`, which fetches a vocabulary first. @defaultValue an estimate that is rather too high */
  readonly countTokens?: TokenCounter | undefined;
  /** Leaves out documents whose `relevanceScore` (0..1) is lower; one without a score stays. @defaultValue none is left out */
  readonly scoreThreshold?: number | undefined;
  /** Where no relevant document was found: answer `nothingFoundText` without asking the model, or ask it all the same. @defaultValue "say-so" */
  readonly onNothingFound?: "say-so" | "ask-model" | undefined;
  /** Where the model gives no text, as after a refusal or a filter: answer what it gave instead, or throw `no-answer`. @defaultValue "say-so" */
  readonly onNoAnswer?: "say-so" | "throw" | undefined;
  /** The answer where the documents hold none; the model is told to use it, too. @defaultValue "The documents do not hold the answer." */
  readonly nothingFoundText?: string | undefined;
  /** Told to the model after its instructions, such as the tone or language of answers. @defaultValue nothing */
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

/** As any LangChain runnable; its stream is typed by its pieces. */
export type AnswerChain = {
  /** Streams the answer as `AnswerChunk`s; added together they make the `Answer` that `invoke` returns. */
  stream(
    input: AnswerInput,
    options?: Partial<RunnableConfig>,
  ): Promise<IterableReadableStream<AnswerChunk>>;
} & Runnable<AnswerInput, Answer>;

/**
 * A chain that answers questions from what a retriever finds, with citations that were checked. It streams
 * `AnswerChunk`s. Passages are shown to the model as data between marks that they cannot close.
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
    nothingFoundText = "The documents do not hold the answer.",
    instructions,
  } = requireOptions("createAnswerChain", options, answerChainOptionRules);
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
