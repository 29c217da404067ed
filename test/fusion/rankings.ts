import * as fc from "fast-check";
import type { Fused, RankedItem, Ranking } from "../../src/fusion/fusion.ts";

export interface Entry extends RankedItem {
  readonly score: number;
}

type Pair = readonly [id: string, score: number];

export function ranking(...pairs: readonly Pair[]): Ranking<Entry> {
  return pairs.map(([id, score]) => ({ id, score }));
}

/** A ranking for where scores do not matter: they fall from the number of ids to 1. */
export function ranked(...ids: readonly string[]): Ranking<Entry> {
  return ids.map((id, index) => ({ id, score: ids.length - index }));
}

/** Freezes the rankings down to the entries: a fusion that writes into what it was given throws. */
export function frozen<Item extends RankedItem>(
  ...rankings: readonly Ranking<Item>[]
): readonly Ranking<Item>[] {
  return Object.freeze(
    rankings.map((entries) => Object.freeze(entries.map((entry) => Object.freeze(entry)))),
  );
}

export function pairsOf(entries: Ranking<Entry>): Pair[] {
  return entries.map(({ id, score }) => [id, score]);
}

export function idsOf(fused: readonly Fused<RankedItem>[]): string[] {
  return fused.map(({ item }) => item.id);
}

export function scoresOf(fused: readonly Fused<RankedItem>[]): Record<string, number> {
  return Object.fromEntries(fused.map(({ item, score }) => [item.id, score]));
}

const ids = ["a", "b", "c", "d", "e", "f", "__proto__", "constructor", ""];
const entry = fc.record(
  { id: fc.constantFrom(...ids), score: fc.integer({ min: -40, max: 40 }).map((n) => n / 4) },
  { noNullPrototype: true },
);
const bestFirst = (entries: readonly Entry[]) => entries.toSorted((a, b) => b.score - a.score);

/** Best first; few ids and few scores, so that rankings overlap, tie and repeat. */
export const anyRanking: fc.Arbitrary<Ranking<Entry>> = fc
  .array(entry, { maxLength: 12 })
  .map(bestFirst);
/** As `anyRanking`, each id once. */
export const anyDistinctRanking: fc.Arbitrary<Ranking<Entry>> = fc
  .uniqueArray(entry, { selector: ({ id }) => id })
  .map(bestFirst);
export const anyRankings: fc.Arbitrary<Ranking<Entry>[]> = fc.array(anyRanking, { maxLength: 4 });
