/** Up to this length, a text is examined after every addition. */
const short = 256;
/** A longer text is examined when it has grown by this factor. */
const growth = 1.25;

/**
 * Text that waits for what follows it. Examining all of it for each piece would take quadratic time, so a long
 * text is examined only from time to time: with the same result, slightly later.
 */
export class PendingText {
  #text = "";
  #looked = 0;

  get text(): string {
    return this.#text;
  }

  /** Appends a piece, and returns whether to examine the text now. */
  append(piece: string): boolean {
    this.#text += piece;
    return this.#text.length <= short || this.#text.length >= this.#looked * growth;
  }

  /** Keeps the text from this offset on. */
  keepFrom(offset: number): void {
    this.#text = this.#text.slice(offset);
    this.#looked = this.#text.length;
  }
}
