import { describe, kindOf, RetrievalError } from "../errors.ts";

/** The requests and tokens of a language model that a call used. */
export interface ModelUsage {
  /** Requests to the model, whether they succeeded or not. */
  readonly calls: number;
  /** Tokens of the prompts. */
  readonly inputTokens: number;
  /** Tokens of the replies, with the model's thoughts. */
  readonly outputTokens: number;
  /** Whether some of the tokens are estimated, because the model did not report them. */
  readonly isEstimated: boolean;
}

/** The sum of both; `undefined` if neither used a model. */
export function addUsage(
  one: ModelUsage | undefined,
  other: ModelUsage | undefined,
): ModelUsage | undefined {
  if (!one || !other) return one ?? other;
  return {
    calls: one.calls + other.calls,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    isEstimated: one.isEstimated || other.isEstimated,
  };
}

/** What a scorer or reranker says about its whole call. */
export interface CallReport {
  /** The requests and tokens of a language model that the call used. @defaultValue none was used */
  readonly usage?: ModelUsage | undefined;
  /**
   * The error, if it left every text without a score or a rank; of a cascade, the error of the scorer that ended
   * it. @defaultValue there was none
   */
  readonly failure?: Error | undefined;
  /** How many of the scores were known before the call. @defaultValue none was known */
  readonly cached?: number | undefined;
}

/**
 * The report in the result of a scorer or reranker.
 *
 * @throws `model-mismatch` if a count of `usage` is not a number of at least 0, `failure` is not an `Error`, or
 * `cached` is not a whole number of at least 0
 */
export function checkedReport(name: string, { usage, failure, cached }: CallReport): CallReport {
  if (failure !== undefined && !(failure instanceof Error)) {
    throw mismatch(`Expected \`failure\` of ${name} to be an Error, got ${describe(failure)}.`);
  }
  for (const field of ["calls", "inputTokens", "outputTokens"] as const) {
    const count: unknown = usage?.[field];
    if (usage === undefined || (typeof count === "number" && count >= 0)) continue;
    throw mismatch(
      `Expected \`usage.${field}\` of ${name} to be a number of at least 0, got ${typeof count === "number" ? count : kindOf(count)}.`,
    );
  }
  if (cached !== undefined && !(Number.isSafeInteger(cached) && cached >= 0)) {
    throw mismatch(
      `Expected \`cached\` of ${name} to be a whole number of at least 0, got ${describe(cached)}.`,
    );
  }
  return { usage, failure, cached };
}

function mismatch(message: string): RetrievalError {
  return new RetrievalError("model-mismatch", message);
}
