import type { Run, RunEntry } from "./run.ts";
import { RetrievalError } from "../../errors.ts";
import { requireFinite } from "./values-by-query.ts";

/**
 * One query's results, best first: by score, then by id, last id first, as trec_eval orders them.
 *
 * @throws RetrievalError `invalid-input` for an id that is there twice and for a score that is not finite.
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

/** The same for entries that were looked at before: each id once, and finite scores. */
export function sortEntries(entries: readonly RunEntry[]): RunEntry[] {
  return entries.toSorted((a, b) => b.score - a.score || compareIds(b.id, a.id));
}

/**
 * Entries of ids, best first. Scores count down to 1 in whole numbers, so that every reader orders them
 * alike, even one that rounds to single precision.
 */
export function entriesOfRanking(ids: readonly string[]): RunEntry[] {
  return ids.map((id, index) => ({ id, score: ids.length - index }));
}

/**
 * Below 0 where `a` comes first by its UTF-8 bytes, which is the order of code points. `<` compares
 * UTF-16 units, and would put an emoji before U+FFFD.
 */
export function compareIds(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let place = 0; place < shared; place += 1) {
    const [left, right] = [a.charCodeAt(place), b.charCodeAt(place)];
    if (left !== right) return byteOrder(left) - byteOrder(right);
  }
  return a.length - b.length;
}

/** Puts surrogates, the halves of code points from U+10000 on, behind all other units. */
function byteOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A run of these rankings, ids best first and each once, in the same order for every reader. */
export function runOfRankings(
  rankings: Iterable<readonly [query: string, ids: readonly string[]]>,
): Run {
  return new Map(Array.from(rankings, ([query, ids]) => [query, entriesOfRanking(ids)]));
}
