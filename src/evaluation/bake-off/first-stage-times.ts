import { median, sum } from "simple-statistics";
import type { FirstStageList, UnionPool } from "./union-pool.ts";

/** How long a first stage is asked again, in milliseconds. */
const repeatedMs = 3000;
const mostRounds = 9;

/**
 * Asks all queries again, several times if that takes little time, and returns the median time of each in
 * milliseconds: a search of a few milliseconds may take 1.5 times as long in one round as in
 * another.
 *
 * @param first the time of each query in the first round, by its id
 * @param time returns the milliseconds of one more search; a failure counts for nothing
 */
export async function steadyTimes(
  first: ReadonlyMap<string, number>,
  time: (query: string) => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const all = new Map(Array.from(first, ([query, milliseconds]) => [query, [milliseconds]]));
  const rounds = Math.min(
    mostRounds,
    1 + Math.floor(repeatedMs / Math.max(1, sum([...first.values()]))),
  );
  for (let round = 1; round < rounds; round += 1) {
    for (const [query, times] of all) {
      const milliseconds = await time(query).catch(() => undefined);
      signal?.throwIfAborted();
      if (milliseconds !== undefined) times.push(milliseconds);
    }
  }
  return new Map(Array.from(all, ([query, times]) => [query, median(times)]));
}

/** The outcomes that are times. */
export function timesOf(outcomes: ReadonlyMap<string, UnionPool | number>): Map<string, number> {
  return new Map(
    Array.from(outcomes, ([query, time]): [string, number][] =>
      typeof time === "number" ? [[query, time]] : [],
    ).flat(),
  );
}

/** A pool with the times of first stages that were asked alone; a search that failed then keeps its time. */
export function withTimes(
  pool: UnionPool,
  query: string,
  times: ReadonlyMap<string, ReadonlyMap<string, number>>,
): UnionPool {
  const lists = Array.from(pool.firstStages, ([name, list]): [string, FirstStageList] => {
    const milliseconds = times.get(name)?.get(query);
    return [name, milliseconds === undefined ? list : { ...list, milliseconds }];
  });
  return { ...pool, firstStages: new Map(lists) };
}
