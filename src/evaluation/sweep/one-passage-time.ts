import { median } from "simple-statistics";

/** How many queries are asked. */
const fewQueries = 5;

/**
 * Median milliseconds of a call that scores one passage, over the first five queries. A call has a cost of its own, so
 * its time is not proportional to the number of passages.
 *
 * @param time returns the milliseconds of such a call, or `undefined` if the query has no passage; a failure counts
 * for nothing
 * @returns `undefined` if no call was measured
 */
export async function timeOfOnePassage(
  queries: Iterable<string>,
  time: (query: string) => Promise<number | undefined>,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const times: number[] = [];
  for (const query of [...queries].slice(0, fewQueries)) {
    const milliseconds = await time(query).catch(() => undefined);
    signal?.throwIfAborted();
    if (milliseconds !== undefined) times.push(milliseconds);
  }
  return times.length > 0 ? median(times) : undefined;
}
