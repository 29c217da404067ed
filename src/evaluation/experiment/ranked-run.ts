import { entriesOfRanking } from "../data/ranking.ts";
import type { Run } from "../data/run.ts";

/** A run of these rankings, ids best first and each once, in the same order for every reader. */
export function runOfRankings(
  rankings: Iterable<readonly [query: string, ids: readonly string[]]>,
): Run {
  return new Map(Array.from(rankings, ([query, ids]) => [query, entriesOfRanking(ids)]));
}
