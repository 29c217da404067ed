import { RetrievalError } from "../../errors.ts";
import type { SequenceTemplates, TemplatePiece } from "./pair-template.ts";

/** One input of a model: token ids with special tokens, and the segment id of each token. */
export interface PackedSequence {
  readonly ids: Int32Array;
  readonly segments: Uint8Array;
  /** How many tokens of the texts did not fit. */
  readonly truncatedTokens: number;
  /** How many tokens at the beginning belong to the prompt, special tokens included; 0 if there is none. */
  readonly promptTokens: number;
  /** Number of final tokens that the other tokens do not attend to. */
  readonly hiddenTokens: number;
}

/**
 * How a long pair is truncated. `longest-first` does what sentence-transformers does; `only-second` limits the
 * query to three quarters of the window and truncates the text, as FlagEmbedding does.
 */
export type Truncation = "longest-first" | "only-second";

/** With a prompt, whose instruction and query have to stay whole, the text alone is truncated. */
export type AnyTruncation = Truncation | "text-only";

export interface PackingOptions {
  readonly templates: SequenceTemplates;
  /** Length of the model's window in tokens, including special tokens. */
  readonly maxTokens: number;
  readonly truncation: AnyTruncation;
}

/** Packs one text by the template for one sequence; truncates at the end and keeps the special tokens. */
export function packText(
  text: Int32Array,
  { templates, maxTokens }: PackingOptions,
): PackedSequence {
  const room = roomFor(templates.single, maxTokens);
  const kept = Math.min(text.length, room);
  return assemble(templates.single, text.subarray(0, kept), new Int32Array(), text.length - kept);
}

/**
 * How many tokens of a text fit beside a query of this many tokens if none of the text is to be truncated. With a
 * prompt, all of its tokens count as the query's.
 */
export function roomBeside(
  queryTokens: number,
  { templates, maxTokens, truncation }: PackingOptions,
): number {
  const room = roomFor(templates.pair, maxTokens);
  if (truncation === "text-only") return roomInPrompt(queryTokens, room);
  if (truncation === "longest-first") return Math.max(room - queryTokens, Math.floor(room / 2));
  return room - onlySecond(queryTokens, 0, room, maxTokens)[0];
}

/**
 * Packs a text that begins with a prompt. The prompt ends where it does when it is packed alone, as in
 * sentence-transformers.
 */
export function packPrompted(
  text: Int32Array,
  prompt: Int32Array,
  packing: PackingOptions,
): PackedSequence {
  const last = packing.templates.single.at(-1);
  const closing = last && "token" in last ? 1 : 0;
  const promptTokens = packText(prompt, packing).ids.length - closing;
  return { ...packText(text, packing), promptTokens };
}

/** Tokens that fill a short query up, so that the model can put further meaning there. */
export interface QueryExpansion {
  /** Length of the filled query in tokens, including special tokens. */
  readonly length: number;
  readonly token: number;
  /** Whether the other tokens attend to those that were added. */
  readonly isSeen: boolean;
}

/**
 * Packs a query, and appends the expansion's token until the row has its length.
 *
 * @see `query_expansion` of sentence-transformers' `Transformer`
 */
export function packExpanded(
  query: Int32Array,
  packing: PackingOptions,
  { length, token, isSeen }: QueryExpansion,
): PackedSequence {
  const packed = packText(query, packing);
  const added = Math.max(0, length - packed.ids.length);
  const ids = new Int32Array(packed.ids.length + added).fill(token);
  ids.set(packed.ids);
  const segments = new Uint8Array(ids.length);
  segments.set(packed.segments);
  return { ...packed, ids, segments, hiddenTokens: isSeen ? 0 : added };
}

/**
 * Packs query and text by the pair template; truncates by `truncation` and keeps the special tokens. `closing` is what
 * follows the text in a prompt.
 *
 * @throws `invalid-option` if a prompt leaves no room for the text
 */
export function packPair(
  query: Int32Array,
  text: Int32Array,
  { templates, maxTokens, truncation }: PackingOptions,
  closing: Int32Array = new Int32Array(),
): PackedSequence {
  const room = roomFor(templates.pair, maxTokens);
  const [keptQuery, keptText] = keptOf[truncation](query.length, text.length, {
    room: room - closing.length,
    maxTokens,
  });
  return assemble(
    [...templates.pair, ...Array.from(closing, (token) => ({ token, segment: 0 }))],
    query.subarray(0, keptQuery),
    text.subarray(0, keptText),
    query.length - keptQuery + text.length - keptText,
  );
}

interface PairRoom {
  readonly room: number;
  readonly maxTokens: number;
}

/** The lengths that remain of query and text. */
const keptOf: Readonly<
  Record<AnyTruncation, (first: number, second: number, limits: PairRoom) => [number, number]>
> = {
  "longest-first": (first, second, { room }) => longestFirst(first, second, room),
  "only-second": (first, second, { room, maxTokens }) => onlySecond(first, second, room, maxTokens),
  "text-only": (first, second, { room }) => [first, Math.min(second, roomInPrompt(first, room))],
};

/** How many tokens of a text fit into a prompt. */
function roomInPrompt(prompt: number, room: number): number {
  if (room > prompt) return room - prompt;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`maxTokens\` to leave room for a text, but the prompt with this query is ${prompt - room + 1} tokens too long: pass a larger \`maxTokens\`, or a shorter query or instruction.`,
  );
}

/**
 * The lengths that remain of two sequences: the longer one shrinks until both are equal, then both shrink.
 *
 * @see `truncate_encodings` of Hugging Face tokenizers, which sentence-transformers uses
 */
function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  const [keptShorter, keptLonger] =
    shorter < half ? [shorter, room - shorter] : [half, room - half];
  return first > second ? [keptLonger, keptShorter] : [keptShorter, keptLonger];
}

/**
 * Limits the query to 3/4 of the window, then truncates the text.
 *
 * @see `compute_score` of FlagEmbedding's `BaseReranker`
 */
function onlySecond(
  first: number,
  second: number,
  room: number,
  maxTokens: number,
): [number, number] {
  const keptFirst = Math.min(first, Math.floor((maxTokens * 3) / 4), room);
  return [keptFirst, Math.min(second, room - keptFirst)];
}

function roomFor(template: readonly TemplatePiece[], maxTokens: number): number {
  const specials = template.filter((piece) => "token" in piece).length;
  if (maxTokens > specials) return maxTokens - specials;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`maxTokens\` to be more than ${specials}, the number of special tokens of this model, got ${maxTokens}.`,
  );
}

function assemble(
  template: readonly TemplatePiece[],
  first: Int32Array,
  second: Int32Array,
  truncatedTokens: number,
): PackedSequence {
  const parts = template.map((piece) => ({
    segment: piece.segment,
    ids:
      "token" in piece ? Int32Array.of(piece.token) : piece.sequence === "first" ? first : second,
  }));
  const length = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Int32Array(length);
  const segments = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    ids.set(part.ids, end);
    segments.fill(part.segment, end, end + part.ids.length);
    end += part.ids.length;
  }
  return { ids, segments, truncatedTokens, promptTokens: 0, hiddenTokens: 0 };
}
