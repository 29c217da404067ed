/**
 * Sums of equal numbers may differ by this factor through rounding; documents so close to the floor are scored
 * in full.
 */
const roundingSlack = 1 - 1e-12;

/** Keeps the best `capacity` documents of those offered, by ascending slot; ties keep the lower slot. */
export class TopDocuments {
  readonly #scores: Float64Array;
  readonly #slots: Int32Array;
  #count = 0;
  #floor = 0;

  constructor(capacity: number) {
    this.#scores = new Float64Array(capacity);
    this.#slots = new Int32Array(capacity);
  }

  get isFull(): boolean {
    return this.#count === this.#slots.length;
  }

  /** Documents that score no higher than this are not needed; 0 until `capacity` documents are kept. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether `offer` would keep a document with this score. */
  wants(score: number): boolean {
    return !this.isFull || score > (this.#scores[0] ?? Infinity);
  }

  /** Keeps the document if it is among the best so far. */
  offer(slot: number, score: number): void {
    if (!this.isFull) {
      this.#count += 1;
      this.#rise(this.#count - 1, slot, score);
    } else if (this.wants(score)) {
      this.#sink(slot, score);
    }
    if (this.isFull) this.#floor = (this.#scores[0] ?? 0) * roundingSlack;
  }

  /** The kept documents, in no particular order. */
  toArray(): { readonly slot: number; readonly score: number }[] {
    return Array.from(this.#slots.subarray(0, this.#count), (slot, position) => ({
      slot,
      score: this.#scores[position] ?? 0,
    }));
  }

  /**
   * Order of a binary heap with the worst document on top: the lowest score, or the highest slot among equal
   * scores.
   */
  #isWorse(slot: number, score: number, position: number): boolean {
    const other = this.#scores[position] ?? 0;
    return score < other || (score === other && slot > (this.#slots[position] ?? 0));
  }

  #rise(from: number, slot: number, score: number): void {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!this.#isWorse(slot, score, parent)) break;
      this.#copy(parent, position);
      position = parent;
    }
    this.#scores[position] = score;
    this.#slots[position] = slot;
  }

  #sink(slot: number, score: number): void {
    let position = 0;
    for (let child = 1; child < this.#count; child = 2 * position + 1) {
      const [right, rightScore] = [this.#slots[child + 1] ?? 0, this.#scores[child + 1] ?? 0];
      const worse = child + 1 < this.#count && this.#isWorse(right, rightScore, child);
      const next = worse ? child + 1 : child;
      if (this.#isWorse(slot, score, next)) break;
      this.#copy(next, position);
      position = next;
    }
    this.#scores[position] = score;
    this.#slots[position] = slot;
  }

  #copy(from: number, to: number): void {
    this.#scores[to] = this.#scores[from] ?? 0;
    this.#slots[to] = this.#slots[from] ?? 0;
  }
}
