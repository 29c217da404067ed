import { estimateTokens } from "../text/estimate-tokens.ts";

/** The tokens of one request and its reply. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** With the model's thoughts, if it reports them. */
  readonly outputTokens: number;
  /** Whether the model did not report them. */
  readonly isEstimated: boolean;
}

/**
 * What the model reports in the message's `usage_metadata`, or else estimates: `expected` input tokens, and those of
 * the reply's text.
 */
export function tokenUsageOf(
  message: unknown,
  { expected, text }: { readonly expected: number; readonly text: string },
): TokenUsage {
  const reported: unknown = Reflect.get(Object(message), "usage_metadata");
  const input: unknown = Reflect.get(Object(reported), "input_tokens");
  const output: unknown = Reflect.get(Object(reported), "output_tokens");
  if (isCount(input) && isCount(output)) {
    return { inputTokens: input, outputTokens: output, isEstimated: false };
  }
  return { inputTokens: expected, outputTokens: estimateTokens(text), isEstimated: true };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
