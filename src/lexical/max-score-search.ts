import type { PostingList } from "./posting-list.ts";
import { TopDocuments } from "./top-documents.ts";

/** One term of a query against one collection. */
export interface QueryTerm {
  readonly postings: PostingList;
  /** What the weight of a posting's class is multiplied by. */
  readonly scale: number;
  /** No posting of the term adds more than this to a score. */
  readonly bound: number;
}

export interface TopSearch {
  /** Weight of each frequency class. */
  readonly weights: Float64Array;
  /** How many documents to give at most; room is made for as many. */
  readonly k: number;
  /** Asked once for each document that would be among the best. */
  readonly accepts: ((slot: number) => boolean) | undefined;
}

/** A term with the place that reading its postings has come to. */
interface Cursor extends QueryTerm {
  position: number;
  readonly end: number;
}

/** What one search works with. */
interface Search {
  /** By what their terms are worth at most, the most first. */
  readonly cursors: readonly Cursor[];
  /** For each cursor, what its term and all after it can add to a score at most. */
  readonly rest: Float64Array;
  readonly weights: Float64Array;
  readonly accepts: TopSearch["accepts"];
  readonly top: TopDocuments;
  /** Scores of the window's slots, and a bit for each slot that has one. */
  readonly scores: Float64Array;
  readonly found: Int32Array;
}

/** How many slots are scored at a time: of 512 to 16,384, the size that was fastest for 20,000 documents. */
const windowSize = 2048;
const wordBits = 32;

/**
 * The best `k` documents that hold one of the terms: MaxScore over windows of slots. Terms that are
 * together worth less than the k-th best score so far find no document any more; they are looked up only
 * for documents that the others found. Every score is summed in the same order of terms, so that equal
 * documents have equal scores.
 *
 * @see Turtle and Flood, "Query evaluation: strategies and optimizations" (IP&M 1995), https://doi.org/10.1016/0306-4573(95)00020-H
 */
export function searchTop(
  terms: readonly QueryTerm[],
  { weights, k, accepts }: TopSearch,
): { readonly slot: number; readonly score: number }[] {
  const cursors = terms
    .filter(({ bound }) => bound > 0)
    .toSorted((a, b) => b.bound - a.bound)
    .map(toCursor);
  const search: Search = {
    cursors,
    rest: boundsFrom(cursors),
    weights,
    accepts,
    top: new TopDocuments(k),
    scores: new Float64Array(windowSize),
    found: new Int32Array(windowSize / wordBits),
  };
  const { rest, top } = search;
  let finding = cursors.length;
  for (;;) {
    while (finding > 0 && (rest[finding - 1] ?? 0) <= top.floor) finding -= 1;
    const base = nextSlot(cursors, finding);
    if (base === Infinity) break;
    for (const cursor of cursors.slice(0, finding)) addScores(cursor, base, search);
    for (let word = 0; word < windowSize / wordBits; word += 1) {
      let bits = search.found[word] ?? 0;
      search.found[word] = 0;
      for (; bits !== 0; bits &= bits - 1) {
        const offset = wordBits * (word + 1) - 1 - Math.clz32(bits & -bits);
        const score = search.scores[offset] ?? 0;
        search.scores[offset] = 0;
        if (score + (rest[finding] ?? 0) > top.floor)
          complete(base + offset, score, finding, search);
      }
    }
  }
  if (!top.isFull) offerWorthless(terms, top, accepts);
  return top.toArray();
}

/** Looks a document up in the lists that do not find any more, and keeps it if it is among the best. */
function complete(slot: number, found: number, finding: number, search: Search): void {
  const { cursors, rest, weights, top, accepts } = search;
  let score = found;
  for (let term = finding; term < cursors.length; term += 1) {
    if (score + (rest[term] ?? 0) <= top.floor) return;
    const cursor = cursors[term];
    if (cursor) score += scoreAt(cursor, weights, slot);
  }
  if (top.wants(score) && (accepts?.(slot) ?? true)) top.offer(slot, score);
}

function toCursor({ postings, scale, bound }: QueryTerm): Cursor {
  const { start, count } = postings;
  return { postings, scale, bound, position: start, end: start + count };
}

/** For each term, what it and all after it can add to a score at most. */
function boundsFrom(cursors: readonly Cursor[]): Float64Array {
  const rest = new Float64Array(cursors.length + 1);
  for (const [position, { bound }] of [...cursors.entries()].toReversed()) {
    rest[position] = bound + (rest[position + 1] ?? 0);
  }
  return rest;
}

/** The lowest slot that the first `finding` terms have not come to. */
function nextSlot(cursors: readonly Cursor[], finding: number): number {
  let lowest = Infinity;
  for (const { postings, position, end } of cursors.slice(0, finding)) {
    if (position < end) lowest = Math.min(lowest, postings.room.slots[position] ?? Infinity);
  }
  return lowest;
}

/** Adds a term's share to the scores of the window that begins at slot `base`. */
function addScores(cursor: Cursor, base: number, { weights, scores, found }: Search): void {
  const { scale, end } = cursor;
  const { slots, classes } = cursor.postings.room;
  let { position } = cursor;
  for (; position < end; position += 1) {
    const offset = (slots[position] ?? 0) - base;
    if (offset >= windowSize) break;
    scores[offset] = (scores[offset] ?? 0) + scale * (weights[classes[position] ?? 0] ?? 0);
    const word = offset >>> 5;
    found[word] = (found[word] ?? 0) | (1 << offset);
  }
  cursor.position = position;
}

/** A term's share of one document's score; slots must be asked for in ascending order. */
function scoreAt(cursor: Cursor, weights: Float64Array, slot: number): number {
  const { slots, classes } = cursor.postings.room;
  const position = firstNotBelow(slots, slot, cursor.position, cursor.end);
  cursor.position = position;
  if (position === cursor.end || slots[position] !== slot) return 0;
  return cursor.scale * (weights[classes[position] ?? 0] ?? 0);
}

/** The first place from `start` on whose slot is at least `slot`: by doubling steps, then by halving them. */
function firstNotBelow(slots: Int32Array, slot: number, start: number, end: number): number {
  let low = start;
  let step = 1;
  while (low + step < end && (slots[low + step] ?? 0) < slot) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, end);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle] ?? 0) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Terms in half the collection or more are worth nothing in some variants, but their documents match. */
function offerWorthless(
  terms: readonly QueryTerm[],
  top: TopDocuments,
  accepts: TopSearch["accepts"],
): void {
  const taken = new Set(top.toArray().map(({ slot }) => slot));
  const matching = new Set<number>();
  for (const { postings, bound } of terms) {
    if (bound > 0) continue;
    const { room, start, count } = postings;
    for (const slot of room.slots.subarray(start, start + count)) matching.add(slot);
  }
  for (const slot of [...matching].toSorted((a, b) => a - b)) {
    if (top.isFull) return;
    if (!taken.has(slot) && (accepts?.(slot) ?? true)) top.offer(slot, 0);
  }
}
