import { LRUCache } from "lru-cache";

/**
 * Token ids of texts seen before, the least recently used forgotten first: a passage that many queries
 * find is tokenised once. Holds at most 8 MiB of texts and ids.
 */
export class TokenCache {
  readonly #lists = new LRUCache<string, Int32Array>({
    maxSize: 8 * 2 ** 20,
    sizeCalculation: (ids, text) => ids.byteLength + 2 * text.length + bytesOfEntry,
  });

  get(text: string): Int32Array | undefined {
    return this.#lists.get(text);
  }

  set(text: string, ids: Int32Array): void {
    this.#lists.set(text, ids);
  }
}

/** What an entry takes besides text and ids, by the size of the heap of a full cache. */
const bytesOfEntry = 256;
