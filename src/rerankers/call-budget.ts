import type { TokenUsage } from "../chat-models/token-usage.ts";
import type { ModelUsage } from "../ranking/model-usage.ts";

/** Limits of one call of a reranker. */
export interface BudgetOptions {
  /** Maximum number of requests to the model, at least 1. @defaultValue no limit */
  readonly maxCalls?: number | undefined;
  /**
   * Maximum number of tokens of all prompts and replies, at least 1. No request is sent whose prompt might exceed
   * it; a reply's length is known only afterwards, so requests under way may exceed it by their replies.
   * @defaultValue no limit
   */
  readonly maxTotalTokens?: number | undefined;
}

/** Counts the requests and tokens of one call of a reranker, and says whether another request fits the limits. */
export class CallBudget {
  readonly #maxCalls: number;
  readonly #maxTotalTokens: number;
  #calls = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #isEstimated = false;
  /** Expected tokens of the requests under way. */
  #reserved = 0;

  constructor({ maxCalls = Infinity, maxTotalTokens = Infinity }: BudgetOptions) {
    this.#maxCalls = maxCalls;
    this.#maxTotalTokens = maxTotalTokens;
  }

  /** Whether a request with this many tokens may be sent; it counts if so, and has to be settled. */
  reserve(tokens: number): boolean {
    const used = this.#inputTokens + this.#outputTokens + this.#reserved;
    if (this.#calls >= this.#maxCalls || used + tokens > this.#maxTotalTokens) return false;
    this.#calls += 1;
    this.#reserved += tokens;
    return true;
  }

  /** Replaces the reserved tokens by those that were used; none if the request failed. */
  settle(reserved: number, used: TokenUsage | undefined): void {
    this.#reserved -= reserved;
    if (!used) return;
    this.#inputTokens += used.inputTokens;
    this.#outputTokens += used.outputTokens;
    this.#isEstimated ||= used.isEstimated;
  }

  /** Requests under way, as after a deadline, count by their expected tokens. */
  get usage(): ModelUsage {
    return {
      calls: this.#calls,
      inputTokens: this.#inputTokens + this.#reserved,
      outputTokens: this.#outputTokens,
      isEstimated: this.#isEstimated || this.#reserved > 0,
    };
  }
}
