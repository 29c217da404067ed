import type { Run, RunEntry } from "./run.ts";
import { RetrievalError } from "../../errors.ts";
import { requireFinite } from "./values-by-query.ts";

/**
 * Sorts one query's results best first: by score, then by id in descending order, as trec_eval does.
 *
 * @throws RetrievalError `invalid-input` for an id that occurs twice and for a score that is not finite.
 */
export function rankEntries(query: string, entries: readonly RunEntry[]): RunEntry[] {
  const seen = new Set<string>();
  for (const { id, score } of entries) {
    requireFinite("score", score, { query, id });
    if (seen.has(id)) {
      throw new RetrievalError(
        "invalid-input",
        `Expected each document once, got ${JSON.stringify(id)} twice for query ${JSON.stringify(query)}.`,
      );
    }
    seen.add(id);
  }
  return sortEntries(entries);
}

/** Same as `rankEntries`, for entries that are known to have unique ids and finite scores. */
export function sortEntries(entries: readonly RunEntry[]): RunEntry[] {
  return entries.toSorted((a, b) => b.score - a.score || compareIds(b.id, a.id));
}

/**
 * Creates entries from ids, best first. Scores count down to 1 in whole numbers, so that every tool keeps the
 * order, even with scores in single precision.
 */
export function entriesOfRanking(ids: readonly string[]): RunEntry[] {
  return ids.map((id, index) => ({ id, score: ids.length - index }));
}

/**
 * Compares ids by their UTF-8 bytes, which is the order of code points. `<` compares UTF-16 units, and would
 * put an emoji before U+FFFD.
 */
export function compareIds(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return byteOrder(left) - byteOrder(right);
  }
  return a.length - b.length;
}

/** Sorts surrogates, the halves of code points from U+10000 on, after all other units. */
function byteOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Creates a run from rankings of unique ids, best first, that has the same order in every tool. */
export function runOfRankings(
  rankings: Iterable<readonly [query: string, ids: readonly string[]]>,
): Run {
  return new Map(Array.from(rankings, ([query, ids]) => [query, entriesOfRanking(ids)]));
}
