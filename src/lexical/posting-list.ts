import {
  fitsClass,
  type PostingArena,
  type PostingRoom,
  type PostingStretch,
} from "./posting-arena.ts";

/** How often a term occurs in a document, and how many terms the document has. */
export interface Occurrence {
  readonly frequency: number;
  readonly length: number;
}

/** The documents that contain one term, by ascending slot. */
export class PostingList {
  room: PostingRoom;
  start: number;
  count = 0;
  /**
   * The highest frequency and the shortest document length in the list: together they bound every posting's
   * weight.
   */
  maxFrequency = 0;
  minLength: number = Infinity;
  /** Number of deletions in the index when deleted documents were last removed from this list. */
  sweptAt: number;
  /** Scratch value while a document is added: how often the term has occurred in it so far. */
  met = 0;
  #stretch: PostingStretch;

  constructor(stretch: PostingStretch, sweptAt: number) {
    this.#stretch = stretch;
    this.room = stretch.room;
    this.start = stretch.start;
    this.sweptAt = sweptAt;
  }

  /** Appends a document; its slot must be higher than all slots in the list. */
  append(
    slot: number,
    frequencyClass: number,
    { frequency, length }: Occurrence,
    arena: PostingArena,
  ): void {
    if (this.count === this.#stretch.capacity || !fitsClass(this.room, frequencyClass)) {
      this.#move(frequencyClass, arena);
    }
    const position = this.start + this.count;
    this.room.slots[position] = slot;
    this.room.classes[position] = frequencyClass;
    this.count += 1;
    if (frequency > this.maxFrequency) this.maxFrequency = frequency;
    if (length < this.minLength) this.minLength = length;
  }

  /** The frequency class of the document in `slot`; `undefined` if it lacks the term. */
  classOf(slot: number): number | undefined {
    const { slots, classes } = this.room;
    let [low, high] = [this.start, this.start + this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((slots[middle] ?? 0) < slot) low = middle + 1;
      else high = middle;
    }
    return low < this.start + this.count && slots[low] === slot ? classes[low] : undefined;
  }

  /** Creates a list from postings that are in its range already. */
  static filled(
    stretch: PostingStretch,
    { maxFrequency, minLength }: Pick<PostingList, "maxFrequency" | "minLength">,
  ): PostingList {
    const list = new PostingList(stretch, 0);
    list.count = stretch.capacity;
    list.maxFrequency = maxFrequency;
    list.minLength = minLength;
    return list;
  }

  /** Removes, in place, the documents whose entry in `lengths` is below 0, which marks them as deleted. */
  sweep(lengths: readonly number[], deletions: number): void {
    if (this.sweptAt === deletions) return;
    const { slots, classes } = this.room;
    const end = this.start + this.count;
    let kept = this.start;
    for (let position = this.start; position < end; position += 1) {
      const slot = slots[position] ?? 0;
      if ((lengths[slot] ?? -1) < 0) continue;
      slots[kept] = slot;
      classes[kept] = classes[position] ?? 0;
      kept += 1;
    }
    this.count = kept - this.start;
    this.sweptAt = deletions;
  }

  #move(frequencyClass: number, arena: PostingArena): void {
    const { room, start, count } = this;
    const stretch = arena.take(count + 1, frequencyClass);
    stretch.room.slots.set(room.slots.subarray(start, start + count), stretch.start);
    stretch.room.classes.set(room.classes.subarray(start, start + count), stretch.start);
    arena.giveBack(this.#stretch);
    this.#stretch = stretch;
    this.room = stretch.room;
    this.start = stretch.start;
  }
}
