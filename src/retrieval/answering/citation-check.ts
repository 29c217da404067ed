import { readEntities, type EntityReader } from "../../text/prompt-text.ts";
import type { InventedCitation } from "./answer.ts";
import { closingsIn } from "./code-spans.ts";
import { PassedText } from "./passed-text.ts";

/** A marker that names a passage; offsets are in the checked text, in UTF-16 units. */
export interface CheckedMarker {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Numbers in square brackets, with the blanks before them. */
const marker = /^([ \t]*)\[\s*(\d+(?:\s*[,;]\s*\d+)*)\s*\]$/;
/** The next place where more than plain text can begin; blanks are looked at from their first one only. */
const special = /(?<![ \t])[ \t]*(?:\[|$)|[`&]/g;

/** An entity, and one that may become one. */
const wholeEntity = /^&(?:#\d{1,7}|[a-z]{2,4});$/;
const unfinishedEntity = /^&(?:#\d{0,7}|[a-z]{0,4})$/;

/**
 * Reads an answer piece by piece, and lets only markers pass that name one of the passages, `[1, 2]` as `[1][2]`. The
 * others are taken out with the blanks before them. What may become a marker is held back until it is one or
 * cannot be one any more. Code between backticks passes as it is. Entities that the model copied from escaped
 * passages are read, unless that would make a marker: the model did not write it as one. Takes time that grows
 * with the answer, however it is cut into pieces.
 */
export class CitationCheck {
  readonly citations: CheckedMarker[] = [];
  readonly invented: InventedCitation[] = [];
  readonly #passages: number;
  readonly #entityReader: EntityReader;
  readonly #passed = new PassedText();
  #reading: "text" | "blanks" | "marker" | "entity" | "bracket" | "ticks" | "code" | "fence" =
    "text";
  /** What was read and not passed. It is only appended to: reading it would copy all of it for each piece. */
  #held = "";
  /** The entity that stands for a bracket, until what follows tells whether it is read. */
  #bracket = "";
  /** The backticks that close the code that the text is in. */
  #ticks = "";
  /** How many backticks the held code ends in. */
  #lastTicks = 0;

  constructor(passages: number, readEntity: EntityReader = () => undefined) {
    this.#passages = passages;
    this.#entityReader = readEntity;
  }

  /** What was let pass so far. */
  get text(): string {
    return this.#passed.text;
  }

  /** Takes the next piece, and gives what can be let pass now. */
  push(piece: string): string {
    this.#read(piece);
    return this.#passed.takeNew();
  }

  /** Gives what was held back and turned out to be no marker; one that was cut off is taken out. */
  end(): string {
    if (this.#reading === "code" && this.#lastTicks !== this.#ticks.length) this.#readNoCode();
    if (this.#reading === "bracket") this.#passBracket();
    if (this.#reading === "code" || this.#reading === "fence") this.#passCode(this.#release());
    else if (this.#reading === "marker" && /\d/.test(this.#held)) {
      this.#invent(this.#release().trim());
    } else {
      this.#passHeld();
    }
    return this.#passed.takeNew();
  }

  /** Reads a piece to its end. In a line whose end is known, `closings` tells which backticks close which. */
  #read(piece: string, closings?: ReadonlyMap<number, number>): void {
    for (let at = 0; at < piece.length;) {
      if (this.#reading === "text") at = this.#readText(piece, at, closings);
      else if (this.#reading === "blanks") at = this.#readBlanks(piece, at);
      else if (this.#reading === "marker") at = this.#readMarker(piece, at);
      else if (this.#reading === "entity") at = this.#readEntity(piece, at);
      else if (this.#reading === "bracket") at = this.#readBracket(piece, at);
      else if (this.#reading === "ticks") at = this.#readTicks(piece, at);
      else if (this.#reading === "code") at = this.#readCode(piece, at);
      else at = this.#readFence(piece, at);
    }
  }

  #readText(piece: string, at: number, closings?: ReadonlyMap<number, number>): number {
    special.lastIndex = at;
    const found = special.exec(piece)?.index ?? piece.length;
    this.#passed.append(piece.slice(at, found));
    if (piece[found] === "&") this.#reading = "entity";
    else if (piece[found] !== "`") this.#reading = "blanks";
    else if (!closings) this.#reading = "ticks";
    else {
      const end = closings.get(found) ?? endOf(/`*/y, piece, found);
      this.#passCode(piece.slice(found, end));
      return end;
    }
    return found;
  }

  #readBlanks(piece: string, at: number): number {
    const end = this.#hold(/[ \t]*/y, piece, at);
    if (piece[end] === "[") {
      this.#held += "[";
      this.#reading = "marker";
      return end + 1;
    }
    if (end < piece.length) this.#passHeld();
    return end;
  }

  #readMarker(piece: string, at: number): number {
    const end = this.#hold(/[\s\d,;]*/y, piece, at);
    if (end === piece.length) return end;
    const [, blanks = "", numbers = ""] =
      (piece[end] === "]" && marker.exec(`${this.#held}]`)) || [];
    if (numbers !== "") {
      this.#release();
      this.#check(blanks, numbers);
      this.#reading = "text";
      return end + 1;
    }
    this.#passToBlanks();
    return end;
  }

  /** Ten characters at most, so they are looked at again for each one. */
  #readEntity(piece: string, at: number): number {
    const found = this.#held + piece.charAt(at);
    if (unfinishedEntity.test(found)) {
      this.#held = found;
      return at + 1;
    }
    if (!wholeEntity.test(found)) {
      this.#passHeld();
      return at;
    }
    const read = this.#entityReader(found);
    if (read === "[") {
      this.#bracket = found;
      this.#held = "";
      this.#reading = "bracket";
    } else {
      this.#held = read ?? found;
      this.#passHeld();
    }
    return at + 1;
  }

  #readBracket(piece: string, at: number): number {
    const end = this.#hold(/[\s\d,;]*/y, piece, at);
    if (end < piece.length) this.#passBracket(piece[end]);
    return end;
  }

  /** Reads the entity of a bracket, unless the held text and what follows it make it the marker of a passage. */
  #passBracket(next?: string): void {
    const [, , numbers = ""] = (next === "]" && marker.exec(`[${this.#held}]`)) || [];
    const isMarker = numbers.split(/[,;]/).some((digits) => this.#isPassage(Number(digits)));
    this.#passed.append(isMarker ? this.#bracket : "[");
    this.#passToBlanks();
  }

  /** Lets what is held pass, but for the blanks that it ends in: they may belong to the next marker. */
  #passToBlanks(): void {
    const held = this.#release();
    const blanks = held.search(/(?<![ \t])[ \t]*$/);
    this.#passed.append(held.slice(0, blanks));
    this.#held = held.slice(blanks);
    this.#reading = "blanks";
  }

  #readTicks(piece: string, at: number): number {
    const end = this.#hold(/`*/y, piece, at);
    if (end === piece.length) return end;
    this.#ticks = this.#held;
    if (this.#ticks.length >= 3 && this.#passed.isAtLineStart) {
      this.#passHeld();
      this.#reading = "fence";
    } else {
      this.#reading = "code";
    }
    return end;
  }

  /** Code within a line; backticks that the line does not close are none. */
  #readCode(piece: string, at: number): number {
    const ticksEnd = this.#hold(/`*/y, piece, at);
    this.#lastTicks += ticksEnd - at;
    if (ticksEnd === piece.length) return ticksEnd;
    if (this.#lastTicks === this.#ticks.length) {
      this.#passCode(this.#release());
      this.#reading = "text";
    } else if (piece[ticksEnd] === "\n") this.#readNoCode();
    else {
      this.#lastTicks = 0;
      return this.#hold(/[^`\n]*/y, piece, ticksEnd);
    }
    this.#lastTicks = 0;
    return ticksEnd;
  }

  /** Reads the rest of a line once more, since its first backticks open nothing. */
  #readNoCode(): void {
    const line = this.#release().slice(this.#ticks.length);
    this.#passed.append(this.#ticks);
    this.#reading = "text";
    this.#read(line, closingsIn(line));
  }

  /** Line by line to the one that closes the block. */
  #readFence(piece: string, at: number): number {
    const lineEnd = piece.indexOf("\n", at) + 1;
    this.#held += piece.slice(at, lineEnd || piece.length);
    if (lineEnd === 0) return piece.length;
    const line = this.#release();
    this.#passCode(line);
    if (line.trim().startsWith(this.#ticks)) this.#reading = "text";
    return lineEnd;
  }

  /** Code, in which no marker stands: an entity is read whatever it makes. */
  #passCode(code: string): void {
    this.#passed.append(readEntities(code, this.#entityReader));
  }

  #isPassage(number: number): boolean {
    return number >= 1 && number <= this.#passages;
  }

  #check(blanks: string, numbers: string): void {
    let before = blanks;
    for (const digits of numbers.split(/[,;]/).map((part) => part.trim())) {
      const number = Number(digits);
      if (this.#isPassage(number)) {
        this.#passed.append(before);
        before = "";
        const start = this.#passed.length;
        this.#passed.append(`[${number}]`);
        this.citations.push({ number, start, end: this.#passed.length });
      } else {
        this.#invent(`[${digits}]`);
      }
    }
  }

  #invent(text: string): void {
    this.invented.push({ marker: text, position: this.#passed.length });
    // What stands around it must not become a marker by its absence, as in `[[8]7]`.
    if (this.#passed.endsInOpenMarker) this.#passed.append("…");
  }

  /** Holds what matches at `at`, and tells where that ends. */
  #hold(pattern: RegExp, piece: string, at: number): number {
    const end = endOf(pattern, piece, at);
    this.#held += piece.slice(at, end);
    return end;
  }

  #release(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #passHeld(): void {
    this.#passed.append(this.#release());
    this.#reading = "text";
  }
}

function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  sticky.test(text);
  return sticky.lastIndex;
}
