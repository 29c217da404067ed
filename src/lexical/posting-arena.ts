/** Room for postings: for each the document's slot and its frequency class, side by side. */
export interface PostingRoom {
  readonly slots: Int32Array;
  /** 16 bits wide until the index has more than 65,536 frequency classes. */
  readonly classes: Uint16Array | Uint32Array;
}

/** A stretch of room that one term's postings fill. */
export interface PostingStretch {
  readonly room: PostingRoom;
  readonly start: number;
  readonly capacity: number;
}

const pageSize = 65_536;
const widestNarrowClass = 65_535;

/** Makes room for `count` postings whose classes go up to `widestClass`. */
export function makeRoom(count: number, widestClass: number): PostingRoom {
  const classes = widestClass > widestNarrowClass ? new Uint32Array(count) : new Uint16Array(count);
  return { slots: new Int32Array(count), classes };
}

/** True where the room's classes are wide enough for `frequencyClass`. */
export function fitsClass({ classes }: PostingRoom, frequencyClass: number): boolean {
  return frequencyClass <= widestNarrowClass || classes instanceof Uint32Array;
}

/**
 * Hands out stretches of large typed arrays: a list that outgrows its stretch moves to one of twice
 * the size, and its old stretch serves another list. So 100,000 short lists need no array each.
 */
export class PostingArena {
  #page: PostingRoom = makeRoom(0, 0);
  #used = 0;
  /** Stretches given back, by the logarithm of their size. */
  readonly #free: PostingStretch[][] = [];

  /** A stretch for at least `count` postings; its capacity is a power of two. */
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

  /** Takes a stretch back that `take` gave; stretches of other sizes are left to the collector. */
  giveBack(stretch: PostingStretch): void {
    const size = Math.log2(stretch.capacity);
    if (!Number.isInteger(size) || size === 0) return;
    (this.#free[size] ??= []).push(stretch);
  }
}
