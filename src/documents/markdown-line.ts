/**
 * A line of Markdown and the current position in it. Blanks count in columns; a tab reaches to the next
 * multiple of four.
 */
export class MarkdownLine {
  readonly #text: string;
  #offset = 0;
  #column = 0;
  /** Columns of the tab at `#offset` that were consumed already. */
  #taken = 0;
  /** Offset of the next character that is neither blank nor tab; -1 until it is computed. */
  #next = -1;
  #nextColumn = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Number of columns of blanks and tabs that come next. */
  get indent(): number {
    this.#look();
    return this.#nextColumn - this.#column;
  }

  /** The text after them. */
  get rest(): string {
    this.#look();
    return this.#text.slice(this.#next);
  }

  get isBlank(): boolean {
    this.#look();
    return this.#next === this.#text.length;
  }

  /** Consumes the blanks and `count` characters after them. */
  takeMarker(count: number): void {
    this.#look();
    this.#offset = this.#next + count;
    this.#column = this.#nextColumn + count;
    this.#taken = 0;
    this.#next = -1;
  }

  /** Consumes up to this many columns of blanks and tabs. */
  takeIndent(columns: number): void {
    let left = Math.min(columns, this.indent);
    while (left > 0) {
      const width = this.#text[this.#offset] === "\t" ? 4 - (this.#column % 4) : 1;
      const step = Math.min(left, width);
      left -= step;
      this.#column += step;
      this.#taken = step < width ? this.#taken + step : 0;
      if (step === width) this.#offset += 1;
    }
    this.#next = -1;
  }

  #look(): void {
    if (this.#next !== -1) return;
    this.#next = this.#offset;
    this.#nextColumn = this.#column - this.#taken;
    for (; ; this.#next += 1) {
      const character = this.#text[this.#next];
      if (character === " ") this.#nextColumn += 1;
      else if (character === "\t") this.#nextColumn += 4 - (this.#nextColumn % 4);
      else break;
    }
  }
}
