import type { BaseMessage } from "@langchain/core/messages";
import { untilAborted, untilDeadline } from "../abort.ts";
import type { LanguageModel } from "../chat-models/language-model.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { choice, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import {
  instructedScoreOptionRules,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
  type ScoreScale,
  type UnscoredReason,
} from "../ranking/pair-scorer.ts";
import { cutEnd } from "../text/cut-text.ts";
import { estimateTokens } from "../text/estimate-tokens.ts";
import {
  askModel,
  mayBeForm,
  unreadable,
  type AskedModel,
  type Asking,
  type ChatReply,
} from "./ask-model.ts";
import { CallBudget } from "./call-budget.ts";
import {
  chatRerankerOptionRules,
  defaultPassageCharacters,
  nameOf,
  type ChatRerankerOptions,
} from "./chat-options.ts";
import { bestGrade, gradePrompt, type Asked } from "./chat-prompts.ts";
import { placesOf } from "./distinct-texts.ts";
import { gradeOf, hasOtherForm, insteadOf } from "./read-grade.ts";

/** Which model grades passages, and how. */
export interface ChatPairScorerOptions extends ChatRerankerOptions {
  /** How many requests of a call may run at once, at least 1. @defaultValue 4 */
  readonly maxConcurrency?: number | undefined;
  /**
   * `structured` uses LangChain's `withStructuredOutput`, `text` asks in words alone. @defaultValue "structured" if
   * the model has it. If such a request is refused or gives no grade, but succeeds as text, "text" from then on
   */
  readonly replyFormat?: "structured" | "text" | undefined;
}

const chatPairScorerOptionRules: OptionRules<ChatPairScorerOptions> = {
  ...chatRerankerOptionRules,
  maxConcurrency: wholeNumber(1),
  replyFormat: choice("structured", "text"),
};

/**
 * A chat model that grades each passage from 0 to 10, one request for each. Scores are a tenth of the grade. They do
 * not depend on the other passages, so they can be compared between queries; they are not measured probabilities.
 *
 * @see Godfrey et al. (2025), https://arxiv.org/abs/2505.19334
 *
 * @example
 * ```ts
 * import { AIMessage } from "@langchain/core/messages";
 * import { fakeModel } from "@langchain/core/testing";
 * import { ChatPairScorer } from "langchain-rerank/rerankers";
 *
 * const llm = fakeModel() // Replace it with your chat model.
 *   .respond(new AIMessage('{"grade": 0}'))
 *   .respond(new AIMessage('{"grade": 9}'));
 * const scorer = new ChatPairScorer({ llm, replyFormat: "text", maxConcurrency: 1 });
 * const { scores } = await scorer.score("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores); // 0 and 0.9.
 * ```
 */
export class ChatPairScorer implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "probability";
  readonly readsInstruction = true;
  readonly hasBudget: true | undefined;
  readonly #options: ChatPairScorerOptions;
  /** The model with structured output, as long as that works. */
  #structured: AskedModel | undefined;

  constructor(options: ChatPairScorerOptions) {
    this.#options = requireOptions("ChatPairScorer", options, chatPairScorerOptionRules);
    const { llm, name = nameOf(llm), replyFormat, maxCalls, maxTotalTokens } = options;
    this.name = name;
    this.hasBudget = maxCalls === undefined && maxTotalTokens === undefined ? undefined : true;
    this.#structured = replyFormat === "text" ? undefined : withGrades(llm, replyFormat);
  }

  /**
   * Returns a score from 0 to 1 for each text, in the order of `texts`. A text without one has a reason. Two failed
   * requests before the first grade end the call. If there is no grade at all, `failure` is the first error.
   *
   * @throws the signal's reason if the signal is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<PairScores> {
    const given = requireOptions("score", options, instructedScoreOptionRules);
    const { signal, deadlineMs, instruction, onScored } = given;
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const { maxPassageCharacters: most = defaultPassageCharacters } = this.#options;
    const scores = new Float64Array(texts.length).fill(Number.NaN);
    const unscored = new Map<number, UnscoredReason>(texts.map((_, index) => [index, "deadline"]));
    const truncatedTokens = texts.map((text) =>
      text.length > most ? estimateTokens(text) - estimateTokens(cutEnd(text, most)) : 0,
    );
    const budget = new CallBudget(this.#options);
    const over = new AbortController();
    const failures: RetrievalError[] = [];
    const places = placesOf(texts);
    const listen = (text: string, outcome: number | Exclude<UnscoredReason, "deadline">): void => {
      for (const index of over.signal.aborted ? [] : (places.get(text) ?? [])) {
        if (typeof outcome === "string") {
          unscored.set(index, outcome);
          continue;
        }
        scores[index] = outcome;
        unscored.delete(index);
        onScored?.(index, outcome);
      }
    };
    if (deadlineMs !== 0) {
      const asked = { query, instruction };
      const grading = { passages: [...places.keys()], asked, budget, failures, listen };
      const work = this.#gradeAll({ ...grading, signal: over.signal });
      try {
        await untilAborted(untilDeadline(work, deadlineMs), signal);
      } finally {
        over.abort();
      }
    }
    const [failure] = unscored.size === texts.length ? failures : [];
    return { scores, truncatedTokens, unscored, usage: budget.usage, failure };
  }

  /** Grades passages in their order, several at once, until all have an outcome. */
  async #gradeAll(grading: Grading): Promise<void> {
    const { passages, listen, failures, signal } = grading;
    const waiting = [...passages];
    let ended: "error" | "budget" | undefined;
    let graded = 0;
    const gradeNext = async (): Promise<void> => {
      for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
        if (signal.aborted) return;
        const outcome = ended ?? (await this.#grade(text, grading));
        if (typeof outcome === "number") graded += 1;
        // Without a grade so far, two failures are not the passage's fault.
        else if (outcome === "budget" || (graded === 0 && failures.length > 1)) ended ??= outcome;
        listen(text, outcome);
      }
    };
    const { maxConcurrency = 4 } = this.#options;
    const lanes = Math.min(maxConcurrency, passages.length);
    await Promise.all(Array.from({ length: lanes }, gradeNext));
  }

  async #grade(
    passage: string,
    { asked, budget, failures, signal }: Grading,
  ): Promise<number | "error" | "budget"> {
    const { name } = this;
    const { maxPassageCharacters: most = defaultPassageCharacters } = this.#options;
    const prompt = gradePrompt(cutEnd(passage, most), asked);
    try {
      const reply = await this.#ask(prompt, { name, budget, signal });
      if (reply === undefined) return "budget";
      const grade = gradeOf(reply);
      if (grade !== undefined) return grade / bestGrade;
      throw unreadable(name, `a grade from 0 to ${bestGrade}`, reply, insteadOf(reply));
    } catch (error) {
      if (!(error instanceof RetrievalError)) throw error;
      failures.push(error);
      return "error";
    }
  }

  /** Asks for structured output; then as text, too, if the form may be the reason of a failure. */
  async #ask(prompt: BaseMessage[], asking: Asking): Promise<ChatReply | undefined> {
    const { llm, replyFormat } = this.#options;
    const structured = this.#structured;
    if (!structured) return askModel(llm, prompt, asking);
    const first = await askModel(structured, prompt, asking).catch((error: unknown) => {
      const isForm = error instanceof RetrievalError && mayBeForm(error);
      if (replyFormat === "structured" || !isForm) throw error;
      return error;
    });
    const isFailed = first instanceof RetrievalError;
    const isForm = isFailed || (first !== undefined && hasOtherForm(first));
    if (!isFailed && (replyFormat === "structured" || !isForm)) return first;
    const reply = await askModel(llm, prompt, asking);
    if (reply !== undefined) {
      if (gradeOf(reply) !== undefined) this.#structured = undefined;
      return reply;
    }
    if (isFailed) throw first;
    return first;
  }
}

interface Grading {
  readonly passages: readonly string[];
  readonly asked: Asked;
  readonly budget: CallBudget;
  readonly failures: RetrievalError[];
  readonly signal: AbortSignal;
  readonly listen: (text: string, outcome: number | "error" | "budget") => void;
}

const gradeSchema = {
  title: "grade",
  description: "How well the passage answers the query.",
  type: "object",
  properties: { grade: { type: "integer", description: `From 0 to ${bestGrade}.` } },
  required: ["grade"],
  additionalProperties: false,
} as const;

/** The model with structured output; `undefined` if it has none and need not have it. */
function withGrades(
  llm: LanguageModel,
  replyFormat: "structured" | undefined,
): AskedModel | undefined {
  try {
    if (isStructuring(llm)) return llm.withStructuredOutput(gradeSchema, { includeRaw: true });
  } catch (cause) {
    if (replyFormat === "structured") throw noStructure(llm, cause);
  }
  if (replyFormat === "structured") throw noStructure(llm);
  return undefined;
}

function noStructure(llm: LanguageModel, cause?: unknown): RetrievalError {
  return new RetrievalError(
    "invalid-option",
    `Expected \`replyFormat\` to be "text", because ${nameOf(llm)} has no structured output, got "structured".`,
    { cause },
  );
}

interface Structuring {
  withStructuredOutput(schema: object, config: { readonly includeRaw: true }): AskedModel;
}

function isStructuring(llm: LanguageModel): llm is LanguageModel & Structuring {
  return typeof Reflect.get(llm, "withStructuredOutput") === "function";
}
