import { RetrievalError } from "../errors.ts";
import type { Encode } from "../model/tokens/encode.ts";
import type { SequenceTemplates, TemplatePiece } from "../model/tokens/pair-template.ts";

/** One text or a pair as a tokenizer frames it: ids, and the segment id of each. */
export interface FramedSequence {
  readonly ids: readonly number[];
  readonly segments: readonly number[];
}

/** How a tokenizer encodes a text: its ids alone, or framed with special tokens. */
export interface Framing {
  readonly encode: Encode;
  readonly frame: (text: string, pair?: string) => FramedSequence;
}

/**
 * Encodes two letters to find out how a tokenizer frames texts: every token that is not one of
 * theirs is a special token. Needs only the documented call of a tokenizer.
 *
 * @throws `model-mismatch` if nothing separates the texts of a pair
 */
export function probeTemplates({ encode, frame }: Framing): SequenceTemplates {
  const [first, second] = [encode("a"), encode("b")];
  const single = templateOf(frame("a"), [first]);
  const pair = templateOf(frame("a", "b"), [first, second]);
  const slots = pair.flatMap((piece, index) => ("sequence" in piece ? [index] : []));
  const [one = 0, other = 0] = slots;
  if (slots.length === 2 && other - one > 1) return { single, pair };
  throw new RetrievalError(
    "model-mismatch",
    "Expected the tokenizer to put a special token between the texts of a pair, got none: this is not the tokenizer of a cross-encoder or bi-encoder.",
  );
}

/** Replaces the ids of each text by a slot, in order. */
function templateOf(
  { ids, segments }: FramedSequence,
  texts: readonly (readonly number[])[],
): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let found = 0;
  for (let at = 0; at < ids.length; at++) {
    const segment = segments[at] ?? 0;
    const text = texts[found] ?? [];
    if (text.length > 0 && text.every((id, offset) => ids[at + offset] === id)) {
      pieces.push({ sequence: found === 0 ? "first" : "second", segment });
      found += 1;
      at += text.length - 1;
    } else {
      pieces.push({ token: ids[at] ?? 0, segment });
    }
  }
  return pieces;
}
