/** Rounding may part sums of equal numbers by this much; documents so near the floor are scored in full. */
const roundingSlack = 1 - 1e-12;

/** Keeps the best `capacity` of the documents offered by ascending slot; ties keep the lower slot. */
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

  /** A document whose score cannot be above this one is not needed; 0 until all places are taken. */
  get floor(): number {
    return this.#floor;
  }

  /** True where `offer` would keep a document of this score. */
  wants(score: number): boolean {
    return !this.isFull || score > (this.#scores[0] ?? Infinity);
  }

  /** Takes the document in if it is among the best so far. */
  offer(slot: number, score: number): void {
    if (!this.isFull) {
      this.#count += 1;
      this.#rise(this.#count - 1, slot, score);
    } else if (this.wants(score)) {
      this.#sink(slot, score);
    }
    if (this.isFull) this.#floor = (this.#scores[0] ?? 0) * roundingSlack;
  }

  /** What was kept, in no order. */
  toArray(): { readonly slot: number; readonly score: number }[] {
    return Array.from(this.#slots.subarray(0, this.#count), (slot, position) => ({
      slot,
      score: this.#scores[position] ?? 0,
    }));
  }

  /** Binary heap with the worst on top: the lowest score, among equals the highest slot. */
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
