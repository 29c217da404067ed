import { RetrievalError } from "../errors.ts";
import { roomBeside, type PackingOptions } from "../model/tokens/packing.ts";
import type { TextCut, Windowing } from "../model/tokens/text-windows.ts";
import { object, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRule, type OptionRules } from "../options.ts";

/**
 * How a text that does not fit beside the query is cut into overlapping windows of whole words. Its score is
 * that of the best window (MaxP).
 *
 * @see Dai and Callan (SIGIR 2019), https://doi.org/10.1145/3331184.3331303
 */
export interface WindowOptions {
  /**
   * How many tokens neighbouring windows share, as `stride` in Hugging Face tokenizers, but rounded up to whole
   * words; at least 0, at most half of `maxTokens`, and at most half of the room that the query
   * leaves. @defaultValue 32
   */
  readonly stride?: number | undefined;
  /**
   * How many windows of a text are scored, at least 1. The tokens after the last one count as truncated.
   * @defaultValue 8
   */
  readonly maxWindows?: number | undefined;
}

const windowOptionRules: OptionRules<WindowOptions> = {
  stride: (_name, value) => wholeNumber(0)("window.stride", value),
  maxWindows: (_name, value) => wholeNumber(1)("window.maxWindows", value),
};

/** An object of known window options. */
export const windowOption: OptionRule = (name, value) => {
  object(name, value);
  requireOptions<WindowOptions>(name, Object(value), windowOptionRules);
};

/** The options with their defaults. */
export function completeWindow({ stride = 32, maxWindows = 8 }: WindowOptions): Windowing {
  return { stride, maxWindows };
}

/**
 * How to cut texts beside a query of this many tokens, each with `lead` before it.
 *
 * @throws `invalid-option` if the stride is more than half of the model's window
 */
export function cutBeside(
  { stride, maxWindows }: Windowing,
  packing: PackingOptions,
  lead: string = "",
): (queryTokens: number) => TextCut | undefined {
  const most = Math.floor(packing.maxTokens / 2);
  if (stride > most) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`window.stride\` to be at most ${most}, half of the model's window of ${packing.maxTokens} tokens, got ${stride}.`,
    );
  }
  return (queryTokens) => {
    const room = roomBeside(queryTokens, packing);
    if (room === 0) return undefined;
    return { room, stride: Math.min(stride, Math.floor(room / 2)), maxWindows, lead };
  };
}
