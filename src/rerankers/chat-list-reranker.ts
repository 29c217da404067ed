import { untilAborted, untilDeadline } from "../abort.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import {
  instructedRankOptionRules,
  type ListReranker,
  type ListRanking,
  type RankOptions,
  type UnrankedReason,
} from "../ranking/list-reranker.ts";
import { cutEnd } from "../text/cut-text.ts";
import { askModel, tokensOf, unreadable } from "./ask-model.ts";
import { CallBudget } from "./call-budget.ts";
import {
  chatRerankerOptionRules,
  defaultPassageCharacters,
  nameOf,
  type ChatRerankerOptions,
} from "./chat-options.ts";
import { rankPrompt, type Asked } from "./chat-prompts.ts";
import { readPermutation } from "./read-permutation.ts";

/** Which model orders passages, and how many at once. */
export interface ChatListRerankerOptions extends ChatRerankerOptions {
  /** How many passages a request has at most, at least 2. @defaultValue 20 */
  readonly windowSize?: number | undefined;
  /**
   * How many passages nearer to the front each next window begins, at least 1 and less than
   * `windowSize`. @defaultValue half of `windowSize`
   */
  readonly step?: number | undefined;
}

const chatListRerankerOptionRules: OptionRules<ChatListRerankerOptions> = {
  ...chatRerankerOptionRules,
  windowSize: wholeNumber(2),
  step: wholeNumber(1),
};

/**
 * A chat model that orders passages as a list. More passages than a window holds are read in overlapping windows, one
 * after the other, from the back to the front, so that the best ones of each window are compared in the next. If the
 * limits do not allow all windows, the passages at the front are ranked.
 *
 * @see Sun et al., Is ChatGPT Good at Search? (EMNLP 2023), https://doi.org/10.18653/v1/2023.emnlp-main.923
 *
 * @example
 * ```ts
 * import { AIMessage } from "@langchain/core/messages";
 * import { fakeModel } from "@langchain/core/testing";
 * import { ChatListReranker } from "langchain-rerank/rerankers";
 *
 * const llm = fakeModel().respond(new AIMessage("[2] > [1]")); // Replace it with your chat model.
 * const ranker = new ChatListReranker({ llm, maxCalls: 3 });
 * const { order, usage } = await ranker.rank("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(order, usage?.calls);
 * ```
 */
export class ChatListReranker implements ListReranker {
  readonly name: string;
  readonly readsInstruction = true;
  readonly #options: ChatListRerankerOptions;
  readonly #windowSize: number;
  readonly #step: number;

  constructor(options: ChatListRerankerOptions) {
    this.#options = requireOptions("ChatListReranker", options, chatListRerankerOptionRules);
    const { llm, name = nameOf(llm), windowSize = 20, step = Math.floor(windowSize / 2) } = options;
    if (step >= windowSize) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`step\` to be less than \`windowSize\` (${windowSize}), got ${step}: windows have to overlap.`,
      );
    }
    this.name = name;
    this.#windowSize = windowSize;
    this.#step = step;
  }

  /**
   * Returns the order of all texts. If the model fails, gives no order, or does not reach the front before the
   * deadline or a limit, all texts keep their order: `unranked` has the reason, and `failure` the error.
   *
   * @throws the signal's reason if the signal is aborted
   */
  async rank(
    query: string,
    texts: readonly string[],
    options: RankOptions = {},
  ): Promise<ListRanking> {
    const given = requireOptions("rank", options, instructedRankOptionRules);
    const { signal, deadlineMs, instruction } = given;
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const budget = new CallBudget(this.#options);
    const result: Outcome = { ranked: [], reason: "deadline", failure: undefined };
    const over = new AbortController();
    if (texts.length < 2) {
      result.ranked = [...texts.keys()];
    } else if (deadlineMs !== 0) {
      const pass = { texts, asked: { query, instruction }, budget, signal: over.signal };
      const work = this.#pass(pass, result);
      try {
        await untilAborted(untilDeadline(work, deadlineMs), signal);
      } finally {
        over.abort();
      }
    }
    const ranked = new Set(result.ranked);
    const rest = [...texts.keys()].filter((index) => !ranked.has(index));
    const { reason, failure } = result;
    return {
      order: [...ranked, ...rest],
      unranked: new Map(rest.map((index) => [index, reason])),
      usage: budget.usage,
      failure,
    };
  }

  /** Orders as many texts from the front as the limits allow; writes to `result` at the end. */
  async #pass(pass: Pass, result: Outcome): Promise<void> {
    const order = Array.from({ length: this.#depth(pass) }, (_, index) => index);
    try {
      for (let end = order.length; end > 0; end -= this.#step) {
        const start = Math.max(0, end - this.#windowSize);
        const window = order.slice(start, end);
        const ranked = await this.#rankWindow(window, pass);
        if (ranked === undefined) {
          result.reason = "budget";
          return;
        }
        order.splice(start, ranked.length, ...ranked);
        if (start === 0) break;
      }
    } catch (error) {
      if (!(error instanceof RetrievalError)) throw error;
      result.reason = "error";
      result.failure = error;
      return;
    }
    result.reason = "budget"; // For texts beyond the depth.
    result.ranked = order;
  }

  /** How many texts can be ranked within the limits if replies are as short as requested. */
  #depth({ texts, asked }: Pass): number {
    const { maxCalls = Infinity, maxTotalTokens } = this.#options;
    const size = this.#windowSize;
    let calls = maxCalls;
    if (maxTotalTokens !== undefined) {
      const longest = texts.toSorted((a, b) => b.length - a.length).slice(0, size);
      const tokens = tokensOf(this.#prompt(longest, asked)) + replyTokens * longest.length;
      calls = Math.min(calls, Math.floor(maxTotalTokens / tokens));
    }
    return calls < 1 ? 0 : Math.min(texts.length, size + (calls - 1) * this.#step);
  }

  /** The indices in the model's order; `undefined` if the budget has no room for the request. */
  async #rankWindow(
    window: readonly number[],
    { texts, asked, budget, signal }: Pass,
  ): Promise<number[] | undefined> {
    const { name } = this;
    const passages = window.map((index) => texts[index] ?? "");
    const reply = await askModel(this.#options.llm, this.#prompt(passages, asked), {
      name,
      budget,
      signal,
    });
    if (reply === undefined) return undefined;
    // Words of refusal and withheld texts may name passages, too.
    const isList = reply.kind === "text" || reply.kind === "cut-off";
    const isCutOff = reply.kind === "cut-off";
    const permutation = isList
      ? readPermutation(reply.text, window.length, { isCutOff })
      : undefined;
    if (permutation === undefined) {
      throw unreadable(name, `the numbers of ${window.length} passages, best first,`, reply);
    }
    return permutation.map((position) => window[position] ?? 0);
  }

  #prompt(passages: readonly string[], asked: Asked): ReturnType<typeof rankPrompt> {
    const { maxPassageCharacters = defaultPassageCharacters } = this.#options;
    return rankPrompt(
      passages.map((passage) => cutEnd(passage, maxPassageCharacters)),
      asked,
    );
  }
}

/** Tokens of one passage's number in a reply, such as `[12] > `. */
const replyTokens = 5;

interface Pass {
  readonly texts: readonly string[];
  readonly asked: Asked;
  readonly budget: CallBudget;
  readonly signal: AbortSignal;
}

interface Outcome {
  ranked: readonly number[];
  /** Why texts are not ranked. */
  reason: UnrankedReason;
  failure: RetrievalError | undefined;
}
