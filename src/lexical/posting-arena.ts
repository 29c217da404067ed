/** Storage for postings: the slot and the frequency class of each document, in parallel arrays. */
export interface PostingRoom {
  readonly slots: Int32Array;
  /** 16 bits wide, until the index has more than 65,536 frequency classes. */
  readonly classes: Uint16Array | Uint32Array;
}

/** A range of that storage, used by one term's postings. */
export interface PostingStretch {
  readonly room: PostingRoom;
  readonly start: number;
  readonly capacity: number;
}

const pageSize = 65_536;
const widestNarrowClass = 65_535;

/** Allocates storage for `count` postings with classes up to `widestClass`. */
export function makeRoom(count: number, widestClass: number): PostingRoom {
  const classes = widestClass > widestNarrowClass ? new Uint32Array(count) : new Uint16Array(count);
  return { slots: new Int32Array(count), classes };
}

/** Whether the storage's class numbers are wide enough for `frequencyClass`. */
export function fitsClass({ classes }: PostingRoom, frequencyClass: number): boolean {
  return frequencyClass <= widestNarrowClass || classes instanceof Uint32Array;
}

/**
 * Allocates ranges of large typed arrays. A list that outgrows its range moves to one of twice the size, and
 * the old range is reused. So 100,000 short lists do not need an array each.
 */
export class PostingArena {
  #page: PostingRoom = makeRoom(0, 0);
  #used = 0;
  /** Free ranges, by the logarithm of their size. */
  readonly #free: PostingStretch[][] = [];

  /** A range for at least `count` postings; its capacity is a power of two. */
  take(count: number, widestClass: number): PostingStretch {
    const size = Math.max(1, Math.ceil(Math.log2(count)));
    const capacity = 2 ** size;
    const given = this.#free[size]?.pop();
    if (given && fitsClass(given.room, widestClass)) return given;
    if (capacity >= pageSize) return { room: makeRoom(capacity, widestClass), start: 0, capacity };
    if (this.#used + capacity > this.#page.slots.length || !fitsClass(this.#page, widestClass)) {
      this.#page = makeRoom(pageSize, widestClass);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += capacity;
    return { room: this.#page, start, capacity };
  }

  /** Returns a range from `take` for reuse; ranges of other sizes are left to the garbage collector. */
  giveBack(stretch: PostingStretch): void {
    const size = Math.log2(stretch.capacity);
    if (!Number.isInteger(size) || size === 0) return;
    (this.#free[size] ??= []).push(stretch);
  }
}
