/** Up to this length a text is looked at whenever something was added. */
const short = 256;
/** A longer one is looked at when it has grown by this factor. */
const growth = 1.25;

/**
 * Text that waits for what follows it. Looking at all of it for each piece would take the square of its
 * length, so a long one is looked at only now and then: what it turns out to be is the same, a bit later.
 */
export class PendingText {
  #text = "";
  #looked = 0;

  get text(): string {
    return this.#text;
  }

  /** Adds a piece, and tells whether it is time to look. */
  append(piece: string): boolean {
    this.#text += piece;
    return this.#text.length <= short || this.#text.length >= this.#looked * growth;
  }

  /** Keeps what waits on, from this offset. */
  keepFrom(offset: number): void {
    this.#text = this.#text.slice(offset);
    this.#looked = this.#text.length;
  }
}
