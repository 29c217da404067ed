import { readEntities, type EntityReader } from "../../text/prompt-text.ts";
import type { InventedCitation } from "./answer.ts";

/** A marker that names a passage; offsets are in the checked text, in UTF-16 units. */
export interface CheckedMarker {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Numbers in square brackets, with the blanks before them. */
const marker = /^([ \t]*)\[\s*(\d+(?:\s*[,;]\s*\d+)*)\s*\]/;
const unfinishedMarker = /^[ \t]*(?:\[[\s\d,;]*)?$/;

/** An entity, and one that may become one. */
const wholeEntity = /^&(?:#\d{1,7}|[a-z]{2,4});/;
const unfinishedEntity = /^&(?:#\d{0,7}|[a-z]{0,4})$/;

/**
 * Reads an answer piece by piece, and lets only markers pass that name one of the passages, `[1, 2]` as `[1][2]`. The
 * others are taken out with the blanks before them. What may become a marker is held back until it is one or
 * cannot be one any more. Code between backticks passes as it is. Entities that the model copied from escaped
 * passages are read, unless that would make a marker: the model did not write it as one.
 */
export class CitationCheck {
  readonly citations: CheckedMarker[] = [];
  readonly invented: InventedCitation[] = [];
  readonly #passages: number;
  readonly #readEntity: EntityReader;
  #text = "";
  #pending = "";
  /** The backticks that close the block of code that the text is in. */
  #fence: string | undefined;

  constructor(passages: number, readEntity: EntityReader = () => undefined) {
    this.#passages = passages;
    this.#readEntity = readEntity;
  }

  /** What was let pass so far. */
  get text(): string {
    return this.#text;
  }

  /** Takes the next piece, and gives what can be let pass now. */
  push(piece: string): string {
    this.#pending += piece;
    return this.#advance(false);
  }

  /** Gives what was held back and turned out to be no marker; one that was cut off is taken out. */
  end(): string {
    return this.#advance(true);
  }

  #advance(isEnd: boolean): string {
    const from = this.#text.length;
    while (this.#pending !== "" && this.#step(isEnd));
    return this.#text.slice(from);
  }

  /** Lets one more stretch pass; `false` where it takes more text to know how it goes on. */
  #step(isEnd: boolean): boolean {
    if (this.#fence !== undefined) return this.#passFence(this.#fence, isEnd);
    const special = this.#pending.search(/[ \t]*(?:\[|$)|[`&]/);
    if (special !== 0) return this.#pass(special);
    if (this.#pending.startsWith("&")) return this.#passEntity(isEnd);
    return this.#pending.startsWith("`") ? this.#passCode(isEnd) : this.#passMarker(isEnd);
  }

  #passMarker(isEnd: boolean): boolean {
    const found = marker.exec(this.#pending);
    if (found) {
      const [whole, blanks = "", numbers = ""] = found;
      this.#pending = this.#pending.slice(whole.length);
      this.#check(blanks, numbers);
      return true;
    }
    if (!unfinishedMarker.test(this.#pending)) return this.#pass(this.#pending.indexOf("[") + 1);
    if (!isEnd) return false;
    if (!/\d/.test(this.#pending)) return this.#pass(this.#pending.length);
    this.#invent(this.#pending.trim());
    this.#pending = "";
    return true;
  }

  #passEntity(isEnd: boolean): boolean {
    const [whole] = wholeEntity.exec(this.#pending) ?? [];
    if (whole === undefined) {
      return !isEnd && unfinishedEntity.test(this.#pending) ? false : this.#pass(1);
    }
    const read = this.#readEntity(whole);
    if (read === undefined) return this.#pass(whole.length);
    const rest = this.#pending.slice(whole.length);
    if (read === "[") {
      if (!isEnd && unfinishedMarker.test(`[${rest}`)) return false;
      if (this.#namesPassage(`[${rest}`)) return this.#pass(whole.length);
    }
    this.#text += read;
    this.#pending = rest;
    return true;
  }

  #namesPassage(text: string): boolean {
    const [, , numbers = ""] = marker.exec(text) ?? [];
    return numbers.split(/[,;]/).some((number) => this.#isPassage(Number(number)));
  }

  #isPassage(number: number): boolean {
    return number >= 1 && number <= this.#passages;
  }

  #check(blanks: string, numbers: string): void {
    let before = blanks;
    for (const digits of numbers.split(/[,;]/).map((part) => part.trim())) {
      const number = Number(digits);
      if (this.#isPassage(number)) {
        this.#text += before;
        before = "";
        const start = this.#text.length;
        this.#text += `[${number}]`;
        this.citations.push({ number, start, end: this.#text.length });
      } else {
        this.#invent(`[${digits}]`);
      }
    }
  }

  #invent(text: string): void {
    this.invented.push({ marker: text, position: this.#text.length });
    // What stands around it must not become a marker by its absence, as in `[[8]7]`.
    if (/\[[\s\d,;]*$/.test(this.#text)) this.#text += "…";
  }

  /** Code within a line; backticks that the line does not close are none. */
  #passCode(isEnd: boolean): boolean {
    const [ticks = ""] = /^`+/.exec(this.#pending) ?? [];
    if (ticks.length === this.#pending.length && !isEnd) return false;
    if (ticks.length >= 3 && /(?:^|\n)[ \t]*$/.test(this.#text)) {
      this.#fence = ticks;
      return this.#pass(ticks.length);
    }
    const line = this.#pending.slice(ticks.length);
    const closing = new RegExp(`^[^\n]*?[^\`\n]${ticks}(?!\`)`).exec(line);
    const isWhole = closing && (isEnd || closing[0].length < line.length);
    if (isWhole) return this.#passRead(ticks.length + closing[0].length);
    return isEnd || line.includes("\n") ? this.#pass(ticks.length) : false;
  }

  /** Line by line to the one that closes the block. */
  #passFence(fence: string, isEnd: boolean): boolean {
    const lineEnd = this.#pending.indexOf("\n") + 1;
    if (lineEnd === 0 && !isEnd) return false;
    const line = lineEnd === 0 ? this.#pending : this.#pending.slice(0, lineEnd);
    if (line.trim().startsWith(fence)) this.#fence = undefined;
    return this.#passRead(line.length);
  }

  /** Code, in which no marker stands. */
  #passRead(length: number): boolean {
    this.#text += readEntities(this.#pending.slice(0, length), this.#readEntity);
    this.#pending = this.#pending.slice(length);
    return true;
  }

  #pass(length: number): boolean {
    this.#text += this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return true;
  }
}
