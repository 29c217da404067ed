import type { RetrievalError } from "../../errors.ts";
import { badLine } from "./bad-line.ts";
import { parseDecimal } from "./decimal.ts";

const space = 0x20;
const lineFeed = 0x0a;

/**
 * Splits the lines of a text into fields at white space, as trec_eval does. Points to one line at a time, and
 * creates strings only for the fields that are requested. Skips blank lines.
 */
export class LineFields {
  readonly #path: string;
  readonly #expected: string;
  readonly #count: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #text = "";
  #lineStart = 0;
  #next = 0;
  #line = 0;

  /** `expected` names the fields that every line must have, and no others. */
  constructor(path: string, expected: string) {
    this.#path = path;
    this.#expected = expected;
    this.#count = expected.split(" ").length;
    this.#starts = new Int32Array(this.#count);
    this.#ends = new Int32Array(this.#count);
  }

  /** Continues with the next block of the file; a block must end in a line feed. */
  read(block: string): void {
    this.#text = block;
    this.#next = 0;
  }

  /** Moves to the next line that is not blank; returns `false` at the end of the block. */
  advance(): boolean {
    while (this.#next < this.#text.length) {
      this.#line += 1;
      this.#lineStart = this.#next;
      const found = this.#cut();
      if (found === this.#count) return true;
      if (found > 0) throw this.error(`the fields "${this.#expected}"`);
    }
    return false;
  }

  field(index: number): string {
    return this.#text.substring(this.#starts[index] ?? 0, this.#ends[index] ?? 0);
  }

  /** Whether a field equals `text`; cheaper than creating the field's string. */
  isField(index: number, text: string): boolean {
    const start = this.#starts[index] ?? 0;
    return text.length === (this.#ends[index] ?? 0) - start && this.#text.startsWith(text, start);
  }

  /** The number in a field; NaN if it is not in decimal digits. */
  number(index: number): number {
    return parseDecimal(this.#text, this.#starts[index] ?? 0, this.#ends[index] ?? 0);
  }

  /** The error for a line that does not match. */
  error(expected: string): RetrievalError {
    const text = this.#text.slice(this.#lineStart, this.#next).trimEnd();
    return badLine({ path: this.#path, line: this.#line, text }, expected);
  }

  /** Records the field offsets of the line at `#next`, and returns the number of fields. */
  #cut(): number {
    const [text, count, starts, ends] = [this.#text, this.#count, this.#starts, this.#ends];
    let position = this.#next;
    let found = 0;
    for (;;) {
      let unit = text.charCodeAt(position);
      while (isSpace(unit)) unit = text.charCodeAt((position += 1));
      if (unit === lineFeed) break;
      if (found < count) starts[found] = position;
      while (isInField(unit)) unit = text.charCodeAt((position += 1));
      if (found < count) ends[found] = position;
      found += 1;
    }
    this.#next = position + 1;
    return found;
  }
}

/** C's `isspace`, except the line feed, which ends the line. */
function isSpace(unit: number): boolean {
  return unit === space || (unit >= 0x09 && unit <= 0x0d && unit !== lineFeed);
}

function isInField(unit: number): boolean {
  return unit > space || (unit < space && (unit < 0x09 || unit > 0x0d));
}
