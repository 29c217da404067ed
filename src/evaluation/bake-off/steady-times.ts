import { median, sum } from "simple-statistics";
import type { UnionPool } from "./union-pool.ts";

/** Milliseconds by the id of a query. */
export type Times = ReadonlyMap<string, number>;

/** For how long short calls are repeated, in milliseconds. */
const repeatedMs = 10_000;
const mostRounds = 9;

/**
 * How many times to ask all queries, with the first time, so that the median counts: a call of a few milliseconds may
 * take 1.5 times as long in one round as in another. At most nine, and 1 if it takes long.
 */
export function roundsOf(first: Times): number {
  const all = Math.max(1, sum([...first.values()]));
  return Math.min(mostRounds, 1 + Math.floor(repeatedMs / all));
}

/** A first stage whose searches are timed. */
export interface TimedStage {
  /** The time of each query in the first round, by its id. */
  readonly first: Times;
  /** Returns the milliseconds of one more search; a failure counts for nothing. */
  readonly time: (query: string) => Promise<number>;
}

/**
 * Asks every first stage all queries again, several times if that takes little time, and returns the median time of each
 * query in milliseconds, by the name of the stage. The stages take turns, round by round, because a machine
 * may be slower for some seconds.
 */
export async function steadyTimes(
  stages: ReadonlyMap<string, TimedStage>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Times>> {
  const timed = Array.from(stages, ([name, { first, time }]) => {
    const all = new Map(Array.from(first, ([query, milliseconds]) => [query, [milliseconds]]));
    return { name, all, rounds: roundsOf(first), time };
  });
  for (let round = 1; round < mostRounds; round += 1) {
    for (const { all, time } of timed.filter(({ rounds }) => round < rounds)) {
      for (const [query, times] of all) {
        const milliseconds = await time(query).catch(() => undefined);
        signal?.throwIfAborted();
        if (milliseconds !== undefined) times.push(milliseconds);
      }
    }
  }
  return new Map(
    timed.map(({ name, all }) => [
      name,
      new Map(Array.from(all, ([query, times]) => [query, median(times)])),
    ]),
  );
}

/** The outcomes that are times. */
export function timesOf(outcomes: ReadonlyMap<string, UnionPool | number>): Map<string, number> {
  return new Map(
    Array.from(outcomes, ([query, time]): [string, number][] =>
      typeof time === "number" ? [[query, time]] : [],
    ).flat(),
  );
}

/** The times of first stages and rerankers that were measured alone, by their names. */
export interface TimesAlone {
  readonly firstStages: ReadonlyMap<string, Times>;
  readonly rerankers: ReadonlyMap<string, Times>;
}

/** A pool with these times; where there is none, it keeps its own. */
export function withTimes(
  pool: UnionPool,
  query: string,
  { firstStages, rerankers }: TimesAlone,
): UnionPool {
  const timed = <Value extends { readonly milliseconds: number }>(
    values: ReadonlyMap<string, Value>,
    times: ReadonlyMap<string, Times>,
  ): Map<string, Value> =>
    new Map(
      Array.from(values, ([name, value]) => {
        const milliseconds = times.get(name)?.get(query) ?? value.milliseconds;
        return [name, { ...value, milliseconds }];
      }),
    );
  return {
    ...pool,
    firstStages: timed(pool.firstStages, firstStages),
    rerankers: timed(pool.rerankers, rerankers),
  };
}
