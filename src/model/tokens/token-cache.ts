import { LRUCache } from "lru-cache";

/**
 * Token ids of recent texts: a passage found by many queries is tokenised once. Holds at most 8 MiB of texts and
 * ids; the least recently used are removed first.
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

/** Overhead of an entry besides text and ids, measured by the heap size of a full cache. */
const bytesOfEntry = 256;
