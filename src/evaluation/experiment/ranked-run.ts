import type { Run } from "../data/run.ts";

/**
 * A run of these rankings, ids best first and each once. Scores count down to 1 in whole numbers, so that
 * every reader orders them alike, even one that rounds to single precision.
 */
export function runOfRankings(
  rankings: Iterable<readonly [query: string, ids: readonly string[]]>,
): Run {
  return new Map(
    Array.from(rankings, ([query, ids]) => [
      query,
      ids.map((id, index) => ({ id, score: ids.length - index })),
    ]),
  );
}
