import { mean, median } from "simple-statistics";
import { timeOfOnePassage } from "../sweep/one-passage-time.ts";
import { roundsOf, type Times } from "./steady-times.ts";

/** Shorter times are measured again. No service that charges for each call is as fast. */
const shortMs = 20;

/** What a call for all passages of a query does not tell about a reranker's time. */
export interface RerankerTimes {
  /** Median milliseconds of a call that scores one passage; `undefined` if none was measured. */
  readonly onePassageMs: number | undefined;
  /** For all passages of each query; the median, where they were scored again. */
  readonly all: Times;
}

export interface RerankerTimesOptions<Passage> {
  /** Returns the passages of a query; a failure leaves the query out. */
  readonly passagesOf: (query: string) => Promise<readonly Passage[]>;
  /** Returns the milliseconds of one call; a failure counts for nothing. */
  readonly time: (query: string, passages: readonly Passage[], round: number) => Promise<number>;
  /** Whether short times may be measured again. */
  readonly repeat: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Measures how long a reranker takes for one passage. If calls for all passages take less than 20 ms, they are
 * repeated as well, up to nine times within about ten seconds.
 *
 * @param first the time of each query for all of its passages, by its id
 */
export async function rerankerTimes<Passage>(
  first: Times,
  { passagesOf, time, repeat, signal }: RerankerTimesOptions<Passage>,
): Promise<RerankerTimes> {
  const isShort = repeat && first.size > 0 && mean([...first.values()]) < shortMs;
  const rounds = isShort ? roundsOf(first) : 1;
  if (rounds === 1) {
    const timeOne = async (query: string) => {
      const [passage] = await passagesOf(query);
      return passage === undefined ? undefined : time(query, [passage], 1);
    };
    return { onePassageMs: await timeOfOnePassage(first.keys(), timeOne, signal), all: first };
  }
  const ones: number[] = [];
  const all = new Map(first);
  for (const [query, milliseconds] of first) {
    const passages = await passagesOf(query).catch(() => []);
    const times = [milliseconds];
    for (let round = 1; round < rounds && passages.length > 0; round += 1) {
      const one = await time(query, passages.slice(0, 1), round).catch(() => undefined);
      const whole = await time(query, passages, round).catch(() => undefined);
      if (one !== undefined) ones.push(one);
      if (whole !== undefined) times.push(whole);
    }
    signal?.throwIfAborted();
    all.set(query, median(times));
  }
  return { onePassageMs: ones.length > 0 ? median(ones) : undefined, all };
}
