import type { PostingList } from "./posting-list.ts";
import { TopDocuments } from "./top-documents.ts";

/** One term of a query in one collection. */
export interface QueryTerm {
  readonly postings: PostingList;
  /** Factor for the weight of a posting's class. */
  readonly scale: number;
  /** Maximum that any posting of the term adds to a score. */
  readonly bound: number;
}

export interface TopSearch {
  /** Weight of each frequency class. */
  readonly weights: Float64Array;
  /** Maximum number of documents to return; memory is allocated for as many. */
  readonly k: number;
  /** Called once for each document that would be among the best. */
  readonly accepts: ((slot: number) => boolean) | undefined;
}

/** A term with the current position in its postings. */
interface Cursor extends QueryTerm {
  position: number;
  readonly end: number;
}

/** The state of one search. */
interface Search {
  /** Sorted by maximum contribution, largest first. */
  readonly cursors: readonly Cursor[];
  /** For each cursor, the maximum that its term and all later terms can add to a score. */
  readonly rest: Float64Array;
  readonly weights: Float64Array;
  readonly accepts: TopSearch["accepts"];
  readonly top: TopDocuments;
  /** Scores of the window's slots, and one bit for each slot that has a score. */
  readonly scores: Float64Array;
  readonly found: Int32Array;
}

/** Slots scored at a time: of the sizes from 512 to 16,384, the fastest one for 20,000 documents. */
const windowSize = 2048;
const wordBits = 32;

/**
 * Returns the best `k` documents that contain one of the terms, by MaxScore over windows of slots. Terms whose
 * bounds together stay below the k-th best score so far can no longer bring in new documents; they are only
 * looked up for documents found by other terms. Every score is summed in the same order of terms, so that equal
 * documents have equal scores.
 *
 * @see Turtle and Flood, "Query evaluation: strategies and optimizations" (IP&M 1995),
 * https://doi.org/10.1016/0306-4573(95)00020-H
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

/** Adds the contributions of the lookup-only terms to a document, and keeps it if it is among the best. */
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

/** For each term, the maximum that it and all later terms can add to a score. */
function boundsFrom(cursors: readonly Cursor[]): Float64Array {
  const rest = new Float64Array(cursors.length + 1);
  for (const [position, { bound }] of [...cursors.entries()].toReversed()) {
    rest[position] = bound + (rest[position + 1] ?? 0);
  }
  return rest;
}

/** The lowest slot that the first `finding` cursors have not passed. */
function nextSlot(cursors: readonly Cursor[], finding: number): number {
  let lowest = Infinity;
  for (const { postings, position, end } of cursors.slice(0, finding)) {
    if (position < end) lowest = Math.min(lowest, postings.room.slots[position] ?? Infinity);
  }
  return lowest;
}

/** Adds a term's contributions to the scores of the window that begins at slot `base`. */
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

/** A term's contribution to one document's score; slots must be requested in ascending order. */
function scoreAt(cursor: Cursor, weights: Float64Array, slot: number): number {
  const { slots, classes } = cursor.postings.room;
  const position = firstNotBelow(slots, slot, cursor.position, cursor.end);
  cursor.position = position;
  if (position === cursor.end || slots[position] !== slot) return 0;
  return cursor.scale * (weights[classes[position] ?? 0] ?? 0);
}

/** The first position from `start` on whose slot is at least `slot`, by galloping search. */
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

/**
 * In some variants, a term in half of the collection or more adds nothing to a score, but its documents still
 * match.
 */
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
