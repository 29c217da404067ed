import type { Encode } from "./encode.ts";

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
  /** Belongs to each window, before it; the text begins with it. @defaultValue "" */
  readonly lead?: string | undefined;
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
  /** How many tokens follow the last window. */
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
  if (isWhole) return { ids, cut: undefined };
  return cutText(text.slice(how.lead?.length ?? 0), how, encode);
}

/**
 * Cuts a text into overlapping windows of whole words. A window holds as many words as fit; the next one begins
 * with the last words that have at least `stride` tokens together, or with fewer if no other word fits beside
 * them. The ids of a window are those of its characters alone. Words of more than 32 characters, or of more than a
 * quarter of the room, are cut, too: some languages do not separate words.
 */
function cutText(
  text: string,
  { room, stride, maxWindows, lead = "" }: TextCut,
  encode: Encode,
): EncodedText {
  const words: TextWindow[] = [];
  const others = wordsOf(text, Math.max(1, Math.floor(room / 4)), encode);
  const wordAt = (index: number): TextWindow | undefined => {
    const next = index === words.length ? others.next().value : undefined;
    if (next) words.push(next);
    return words[index];
  };
  const windows: TextWindow[] = [];
  const ids: number[] = [];
  let [first, past] = [0, 0];
  while (wordAt(past) && windows.length < maxWindows) {
    const least = past + 1; // Every window has a word of its own.
    past = Math.max(least, wordsThatFit(first));
    let own = encodeWords(first, past);
    // Words can have more tokens together than apart.
    while (own.ids.length > room && past > first + 1) {
      if (past === least) first += wordsToDrop(own.ids.length - room);
      else past = Math.max(least, past - wordsWith(own.ids.length - room));
      own = encodeWords(first, past);
    }
    windows.push({ ...own.span, tokens: own.ids.length });
    for (const id of own.ids) ids.push(id);
    first = past - wordsWith(stride);
  }
  const rest = wordAt(past);
  const lostTokens = rest ? encode(text.slice(rest.start)).length : 0;
  return { ids, cut: { windows, lostTokens } };

  /** The index after the last word of the longest window that begins with the word at `from`. */
  function wordsThatFit(from: number): number {
    let end = from;
    let tokens = 0;
    for (let word = wordAt(from); word; word = wordAt(end)) {
      if (end > from && tokens + word.tokens > room) break;
      tokens += word.tokens;
      end += 1;
    }
    return end;
  }

  /** How many of the window's first words have at least this many tokens; at least one, and never all of them. */
  function wordsToDrop(tokens: number): number {
    let count = 0;
    for (let sum = 0; sum < tokens && first + count < past - 1; count += 1) {
      sum += words[first + count]?.tokens ?? 0;
    }
    return count;
  }

  /** How many of the window's last words have at least this many tokens; never all of them. */
  function wordsWith(tokens: number): number {
    let count = 0;
    for (let sum = 0; sum < tokens && past - count > first + 1; count += 1) {
      sum += words[past - count - 1]?.tokens ?? 0;
    }
    return count;
  }

  function encodeWords(
    from: number,
    to: number,
  ): { readonly span: Omit<TextWindow, "tokens">; readonly ids: readonly number[] } {
    const span = { start: words[from]?.start ?? 0, end: words[to - 1]?.end ?? text.length };
    return { span, ids: encode(lead + text.slice(span.start, span.end)) };
  }
}

/** The words of a text; the tokens of the space before a word count as its own. */
function* wordsOf(text: string, mostTokens: number, encode: Encode): Generator<TextWindow> {
  let wordEnd = 0;
  // A pattern that began with the space would read a long run of it again from each of its characters.
  for (const { 0: word, index: start } of text.matchAll(/\S{1,32}/gu)) {
    const end = start + word.length;
    yield* halved({ from: wordEnd, start, end });
    wordEnd = end;
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
    const middle = characterEnd(text, start + Math.floor((end - start) / 2));
    if (tokens <= mostTokens || middle === start || middle === end) {
      yield { start, end, tokens };
      return;
    }
    yield* halved({ from, start, end: middle });
    yield* halved({ from: middle, start: middle, end });
  }
}

/** The end of the character that begins before `offset`, in UTF-16 units. */
function characterEnd(text: string, offset: number): number {
  const isInside = offset > 0 && (text.codePointAt(offset - 1) ?? 0) > 0xff_ff;
  return isInside ? offset + 1 : offset;
}
