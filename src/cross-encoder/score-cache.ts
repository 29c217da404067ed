import { LRUCache } from "lru-cache";
import { hashId } from "../documents/identity.ts";

/** What a model said of one pair. */
export interface PairScore {
  readonly score: number;
  readonly truncatedTokens: number;
}

/**
 * Scores of pairs seen before, the least recently used forgotten first, in at most 8 MiB. It belongs to
 * one loaded file of one model, so a pair is known by window, query and text.
 */
export class ScoreCache {
  readonly #scores = new LRUCache<string, PairScore>({
    maxSize: 8 * 2 ** 20,
    sizeCalculation: () => bytesOfEntry,
  });

  get(key: string): PairScore | undefined {
    return this.#scores.get(key);
  }

  set(key: string, score: PairScore): void {
    this.#scores.set(key, score);
  }

  /** The names under which the pairs of a query and some texts are kept, hashed a few at a time. */
  static async keysOf(
    { query, maxTokens }: { readonly query: string; readonly maxTokens: number },
    texts: readonly string[],
  ): Promise<string[]> {
    const keys: string[] = [];
    for (const [index, text] of texts.entries()) {
      // Hashing a whole corpus at one go would hold the thread.
      if (index % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
      keys.push(hashId([maxTokens, query, text]));
    }
    return keys;
  }
}

/** Key, value and what the map needs for both, by the size of the heap of a full cache. */
const bytesOfEntry = 256;
