/** Maximum length of a formula between single dollar signs, including what follows it. */
const mostFormula = 200;

/** What may open code or a formula inside a paragraph. */
const ticks = /`+/y;
/** An amount of money, which opens no formula. */
const amount = /\$\d[\d.,]*(?![\p{L}\d\\^_{}=+*/<>|$-])/uy;
const formula = /^\$(?![\s$])(?:[^$\\\n]|\\.)+(?<!\s)\$(?![\p{L}\p{N}])/u;
/** Text that may still become a formula, depending on what follows. */
const unfinishedFormula = /^\$(?:(?!\s)(?:[^$\\\n]|\\.)*(?:\$|\\)?)?$/;
const letterBefore = /[\p{L}\p{N}$]$/u;

/**
 * Finds code and formulas in a text, whose contents must not be parsed. Offsets must be requested in ascending
 * order.
 */
export class OpaqueSpans {
  readonly #text: string;
  /** Whether the text is complete. */
  readonly #isWhole: boolean;
  /** Offsets of the runs of backticks, by their length. */
  #runs: Map<number, number[]> | undefined;
  /** Closing marks that do not occur in the rest of the text. */
  readonly #missing = new Set<string>();

  constructor(text: string, isWhole: boolean) {
    this.#text = text;
    this.#isWhole = isWhole;
  }

  /**
   * The end of the code or formula that begins at this offset: the offset itself if none begins, `undefined` if
   * that depends on further text.
   */
  endAt(at: number, before: string): number | undefined {
    const character = this.#text[at];
    const next = this.#text[at + 1];
    if (character === "`") return this.#codeEnd(at);
    if (next === undefined && !this.#isWhole) return undefined;
    if (character === "$")
      return next === "$" ? this.#closedBy("$$", at) : this.#formulaEnd(at, before);
    if (next === "(") return this.#closedBy("\\)", at);
    return next === "[" ? this.#closedBy("\\]", at) : at;
  }

  #codeEnd(at: number): number | undefined {
    const length = endOf(ticks, this.#text, at) - at;
    const starts = this.#runsOf(length);
    while ((starts.at(-1) ?? Infinity) <= at) starts.pop();
    const end = (starts.at(-1) ?? Infinity) + length;
    // More backticks may follow the end of the text.
    if (end < this.#text.length || (this.#isWhole && end === this.#text.length)) return end;
    return this.#isWhole ? at : undefined;
  }

  /** The last one first, so that those before the current offset can be popped. */
  #runsOf(length: number): number[] {
    if (!this.#runs) {
      this.#runs = new Map();
      for (const { 0: run, index } of [...this.#text.matchAll(/`+/g)].toReversed()) {
        const starts = this.#runs.get(run.length) ?? [];
        this.#runs.set(run.length, starts);
        starts.push(index);
      }
    }
    return this.#runs.get(length) ?? [];
  }

  #closedBy(mark: string, at: number): number | undefined {
    const start = this.#missing.has(mark) ? -1 : this.#text.indexOf(mark, at + 2);
    if (start !== -1) return start + mark.length;
    this.#missing.add(mark);
    return this.#isWhole ? at : undefined;
  }

  #formulaEnd(at: number, before: string): number | undefined {
    if (letterBefore.test(before)) return at;
    const amountEnd = endOf(amount, this.#text, at);
    if (amountEnd > at && (amountEnd < this.#text.length || this.#isWhole)) return at;
    const window = this.#text.slice(at, at + mostFormula);
    if (!this.#isWhole && window.length < mostFormula && unfinishedFormula.test(window)) {
      return undefined;
    }
    return at + (formula.exec(window)?.[0].length ?? 0);
  }
}

/** The end of a match at this offset; 0 if there is none. */
function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  sticky.test(text);
  return sticky.lastIndex;
}
