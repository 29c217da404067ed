import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { LLMResult } from "@langchain/core/outputs";
import { tokenUsageOf } from "../../chat-models/token-usage.ts";

/** The tokens of the models that a chain called, as the models report them. */
export interface AnswerTokens {
  /** Calls of models that succeeded. */
  readonly calls: number;
  readonly inputTokens: number;
  /** With the models' thoughts, if they report them. */
  readonly outputTokens: number;
}

/** Adds up the usage metadata of every model that a chain calls: LangChain passes it to callbacks. */
export class TokenCount extends BaseCallbackHandler {
  readonly name = "TokenCount";
  // Otherwise the chain may end before the last call is counted.
  override readonly awaitHandlers = true;
  #calls = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #isComplete = true;

  /** The sums; `undefined` if no model was called, or one of them did not report its tokens. */
  get tokens(): AnswerTokens | undefined {
    if (this.#calls === 0 || !this.#isComplete) return undefined;
    return {
      calls: this.#calls,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
    };
  }

  override handleLLMEnd({ generations }: LLMResult): void {
    const message: unknown = Reflect.get(Object(generations[0]?.[0]), "message");
    const usage = tokenUsageOf(message, { expected: 0, text: "" });
    this.#calls += 1;
    this.#inputTokens += usage.inputTokens;
    this.#outputTokens += usage.outputTokens;
    this.#isComplete &&= !usage.isEstimated;
  }
}

/** The sums over the answers that have tokens; `undefined` if none has. */
export function sumTokens(counts: readonly AnswerTokens[]): AnswerTokens | undefined {
  if (counts.length === 0) return undefined;
  const sum = { calls: 0, inputTokens: 0, outputTokens: 0 };
  for (const { calls, inputTokens, outputTokens } of counts) {
    sum.calls += calls;
    sum.inputTokens += inputTokens;
    sum.outputTokens += outputTokens;
  }
  return sum;
}
