import type { Encode } from "./tokenizer.ts";

/** Into which windows to cut texts that are too long for the model's. */
export interface Windowing {
  /** How many tokens neighbouring windows share. */
  readonly stride: number;
  /** How many windows a text has at most. */
  readonly maxWindows: number;
}

/** How to cut a text. */
export interface TextCut extends Windowing {
  /** How many tokens of the text fit, at least 1. */
  readonly room: number;
}

/** One window of a text: offsets in UTF-16 units and its number of tokens. */
export interface TextWindow {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

/** The windows of a text, in its order; at least one. */
export interface TextWindows {
  readonly windows: readonly TextWindow[];
  /** How many tokens lie behind the last window. */
  readonly lostTokens: number;
}

/** The token ids of a text; of all its windows, one after the other, if it was cut. */
export interface EncodedText {
  readonly ids: readonly number[];
  readonly cut: TextWindows | undefined;
}

/** Encodes a text, and cuts it if it does not fit. A text without words stays whole. */
export function encodeOrCut(text: string, how: TextCut | undefined, encode: Encode): EncodedText {
  const ids = encode(text);
  const isWhole = how === undefined || ids.length <= how.room || text.trim() === "";
  return isWhole ? { ids, cut: undefined } : cutText(text, how, encode);
}

/**
 * Cuts a text into overlapping windows of whole words. A window holds as many words as fit; the next one begins
 * with the last words that have at least `stride` tokens together, or with the second word, whichever comes
 * later. The ids of a window are those of its characters alone. Words of more than 32 characters, or of more
 * than a quarter of the room, are cut: languages without spaces have no shorter ones.
 */
function cutText(text: string, { room, stride, maxWindows }: TextCut, encode: Encode): EncodedText {
  const words = [...wordsOf(text, Math.max(1, Math.floor(room / 4)), encode)];
  const countOf = (index: number): number => words[index]?.tokens ?? 0;
  const windows: TextWindow[] = [];
  const ids: number[] = [];
  let [first, past] = [0, 0];
  while (past < words.length && windows.length < maxWindows) {
    let tokens = 0;
    past = first;
    while (past < words.length && (past === first || tokens + countOf(past) <= room)) {
      tokens += countOf(past++);
    }
    let own = encodeWords(first, past);
    // Words can have more tokens together than apart.
    while (own.ids.length > room && past > first + 1) {
      for (let excess = own.ids.length - room; excess > 0 && past > first + 1;) {
        excess -= Math.max(1, countOf(--past));
      }
      own = encodeWords(first, past);
    }
    windows.push({ ...own.span, tokens: own.ids.length });
    for (const id of own.ids) ids.push(id);
    let next = past;
    for (let shared = 0; shared < stride && next > first + 1;) shared += countOf(--next);
    first = next;
  }
  const lostTokens = words.slice(past).reduce((sum, word) => sum + word.tokens, 0);
  return { ids, cut: { windows, lostTokens } };

  function encodeWords(
    from: number,
    to: number,
  ): {
    readonly span: { readonly start: number; readonly end: number };
    readonly ids: readonly number[];
  } {
    const span = { start: words[from]?.start ?? 0, end: words[to - 1]?.end ?? text.length };
    return { span, ids: encode(text.slice(span.start, span.end)) };
  }
}

/** The words of a text; the tokens of the space before a word count as its own. */
function* wordsOf(text: string, mostTokens: number, encode: Encode): Generator<TextWindow> {
  for (const { 0: match, 1: space = "", index } of text.matchAll(/(\s*)\S{1,32}/gu)) {
    const [start, end] = [index + space.length, index + match.length];
    yield* halved({ from: index, start, end });
  }

  function* halved({
    from,
    start,
    end,
  }: {
    readonly from: number;
    readonly start: number;
    readonly end: number;
  }): Generator<TextWindow> {
    const tokens = encode(text.slice(from, end)).length;
    const middle = characterStart(text, start + Math.floor((end - start) / 2));
    if (tokens <= mostTokens || middle <= start) {
      yield { start, end, tokens };
      return;
    }
    yield* halved({ from, start, end: middle });
    yield* halved({ from: middle, start: middle, end });
  }
}

/** The start of the character that has a UTF-16 unit at `offset`. */
function characterStart(text: string, offset: number): number {
  const isInside = offset > 0 && (text.codePointAt(offset - 1) ?? 0) > 0xff_ff;
  return isInside ? offset - 1 : offset;
}
