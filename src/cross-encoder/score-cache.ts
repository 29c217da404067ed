import { LRUCache } from "lru-cache";
import { Breather } from "../breather.ts";
import { hashId } from "../documents/identity.ts";
import type { PairScore } from "../ranking/collect-scores.ts";

/** Results of one scorer, at most 8 MiB: the least recently used are removed first. Keeps no failed scores. */
export class ScoreCache {
  readonly #scores = new LRUCache<string, PairScore>({
    maxSize: 8 * 2 ** 20,
    sizeCalculation: ({ window }) => bytesOfEntry + (window ? bytesOfWindow : 0),
  });

  get(key: string): PairScore | undefined {
    return this.#scores.get(key);
  }

  set(key: string, pair: PairScore): void {
    if (Number.isFinite(pair.score)) this.#scores.set(key, pair);
  }
}

/** The pairs of one query, and what else their scores depend on. */
interface KeyedPairs {
  readonly query: string;
  readonly texts: readonly string[];
  readonly instruction: string | undefined;
}

/** The cache keys of the pairs, with pauses: hashing a whole corpus would block the event loop. */
export async function pairKeys(
  { query, texts, instruction }: KeyedPairs,
  settings: readonly number[] = [],
): Promise<string[]> {
  const keys: string[] = [];
  const asked = instruction === undefined ? [] : ["instruction", instruction];
  const breather = new Breather();
  for (const text of texts) {
    if (breather.isDue) await breather.pause();
    keys.push(hashId([query, text, ...asked, ...settings]));
  }
  return keys;
}

/** Key, value and map overhead, measured by the heap size of a full cache. */
const bytesOfEntry = 256;
const bytesOfWindow = 64;
