import type { Occurrence } from "./posting-list.ts";

/**
 * Numbers the pairs of term frequency and document length that occur. A BM25 weight depends on this pair alone,
 * so a search looks up weights in a small table, and few must be recomputed when the index changes.
 */
export class FrequencyClasses {
  readonly frequencies: number[] = [];
  readonly lengths: number[] = [];
  readonly #byLength = new Map<number, Map<number, number>>();

  get count(): number {
    return this.frequencies.length;
  }

  /** The classes of documents of one length, by term frequency. */
  ofLength(length: number): Map<number, number> {
    const known = this.#byLength.get(length) ?? new Map<number, number>();
    if (known.size === 0) this.#byLength.set(length, known);
    return known;
  }

  /** The class number of a pair; a new pair gets a new number. */
  classOf(
    { frequency, length }: Occurrence,
    ofLength: Map<number, number> = this.ofLength(length),
  ): number {
    const known = ofLength.get(frequency);
    if (known !== undefined) return known;
    const fresh = this.count;
    ofLength.set(frequency, fresh);
    this.frequencies.push(frequency);
    this.lengths.push(length);
    return fresh;
  }
}
