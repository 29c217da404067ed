import {
  isMarkerBeginning,
  markerBrackets,
  mayBecomeMarker,
  mostMarker,
  readMarker,
  type Marker,
} from "../text/citation-marker.ts";
import { readEntities, type EntityReader } from "../text/prompt-text.ts";
import type { InventedCitation } from "./answer.ts";
import { CodeBlocks } from "./code-blocks.ts";
import { MarkerClassifier } from "./marker-classifier.ts";
import { OpaqueSpans } from "./opaque-spans.ts";
import { PassedText } from "./passed-text.ts";
import { PendingText } from "./pending-text.ts";

/** A marker that names a passage; offsets are in the checked text, in UTF-16 units. */
export interface CheckedMarker {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Characters at which something other than plain text can begin; a bracket with the blanks before it. */
const special = /[ \t]{0,8}[[［【]|[`$\\&]/g;
const blanksAtEnd = /[ \t]{0,8}$/;
/** Maximum number of characters to examine between brackets: enough for a marker written in entities. */
const mostBody = 5 * mostMarker;
const bracketBody = new RegExp(String.raw`[^[\]［］【】]{0,${mostBody}}`, "y");
/** Marks that open neither code nor a formula, with the character that a backslash escapes. */
const opaqueMark = /`+|\\[`$\\[［【]|[$\\]/y;
const wholeEntity = /&(?:#\d{1,7}|[a-z]{2,4});/y;
const unfinishedEntity = /&(?:#\d{0,7}|[a-z]{0,4})$/y;
const openBracket = /[[［【]([^[\]［］【】]*)$/;
/** Brackets that are not closed yet, including those that remained an entity. */
const openOrEntity = /(?:[[［【]|&#(?:91|65339|12304);)([^[\]［］【】]*)$/;
const closingBrackets: ReadonlySet<string> = new Set(markerBrackets.values());

/**
 * Reads an answer piece by piece, and keeps only the markers that name one of the passages. Normalises `[1, 2]`
 * and `[1-2]` to `[1][2]`, and `【1】`, `[cite: 1]` and `[Passage 1]` to `[1]`. Removes other markers with the
 * blanks before them. Holds back text that may become a marker until that is decided. Code, formulas, and
 * brackets with another meaning pass unchanged. Decodes entities that the model copied from escaped passages,
 * unless the result would be a marker that the model did not write. Runs in time linear in the answer, whatever
 * the pieces.
 */
export class CitationCheck {
  readonly citations: CheckedMarker[] = [];
  readonly invented: InventedCitation[] = [];
  readonly #passages: number;
  readonly #entityReader: EntityReader;
  readonly #classifier: MarkerClassifier;
  readonly #passed = new PassedText();
  /** Text of the current paragraph that was read but not passed on. */
  readonly #pending = new PendingText();
  readonly #blocks = new CodeBlocks({
    text: (part) => {
      if (this.#pending.append(part)) this.#read(false);
    },
    endParagraph: (isEnd) => {
      this.#isAtEnd = isEnd;
      this.#read(true);
    },
    code: (line) => {
      this.#read(true);
      this.#passCode(line);
    },
  });
  /** Where the last marker ended or was removed, with the blanks before a removed one. */
  #lastMarker = { end: -1, blanks: "" };
  #isAtEnd = false;
  /** The first half of a surrogate pair that two pieces share. */
  #halfCharacter = "";

  constructor(passages: number, readEntity: EntityReader = () => undefined) {
    this.#passages = passages;
    this.#entityReader = readEntity;
    this.#classifier = new MarkerClassifier(passages);
  }

  /** The text that was passed on so far. */
  get text(): string {
    return this.#passed.text;
  }

  /** Takes the next piece, and returns the text that can be passed on now. */
  push(piece: string): string {
    const text = this.#halfCharacter + piece;
    const isHalf = /[\uD800-\uDBFF]$/.test(text.slice(-1));
    this.#halfCharacter = isHalf ? text.slice(-1) : "";
    this.#blocks.push(isHalf ? text.slice(0, -1) : text);
    return this.#passed.takeNew();
  }

  /** Returns the text that was held back and is not a marker; an incomplete marker is removed. */
  end(): string {
    this.#blocks.push(this.#halfCharacter);
    this.#blocks.end();
    return this.#passed.takeNew();
  }

  /** Reads the pending text as far as its meaning is decided; all of it at the end of a paragraph. */
  #read(isWhole: boolean): void {
    const { text } = this.#pending;
    const spans = new OpaqueSpans(text, isWhole);
    let at = 0;
    while (at < text.length) {
      const next = this.#readAt(text, at, { spans, isWhole });
      if (next === undefined) break;
      at = next;
    }
    this.#pending.keepFrom(at);
  }

  /**
   * Reads the text at an offset, and returns the offset of its end; `undefined` if that depends on further
   * text.
   */
  #readAt(
    text: string,
    at: number,
    { spans, isWhole }: { readonly spans: OpaqueSpans; readonly isWhole: boolean },
  ): number | undefined {
    special.lastIndex = at;
    const found = special.exec(text);
    const start = found?.index ?? (isWhole ? text.length : text.search(blanksAtEnd));
    if (start > at || !found) {
      this.#passed.append(text.slice(at, start));
      return start > at ? start : undefined;
    }
    const character = text.charAt(at);
    if (character === "&") return this.#readEntity(text, at, isWhole);
    if (/[`$\\]/.test(character)) return this.#readOpaque(text, at, spans);
    return this.#readBracket(text, { at, open: at + found[0].length - 1 }, isWhole);
  }

  #readOpaque(text: string, at: number, spans: OpaqueSpans): number | undefined {
    const end = spans.endAt(at, this.#passed.ending);
    if (end === undefined) return undefined;
    if (end > at) this.#passCode(text.slice(at, end));
    if (end > at) return end;
    const plainEnd = endOf(opaqueMark, text, at);
    this.#passed.append(text.slice(at, plainEnd));
    return plainEnd;
  }

  #readEntity(text: string, at: number, isWhole: boolean): number | undefined {
    const end = endOf(wholeEntity, text, at);
    if (end === 0) {
      if (!isWhole && endOf(unfinishedEntity, text, at) > 0) return undefined;
      this.#passed.append("&");
      return at + 1;
    }
    const entity = text.slice(at, end);
    const read = this.#entityReader(entity);
    if (read === undefined || closingBrackets.has(read)) {
      const [, body] = openOrEntity.exec(this.#passed.ending) ?? [];
      this.#passed.append(this.#isCiting(body) ? entity : (read ?? entity));
      return end;
    }
    const closing = markerBrackets.get(read);
    if (closing === undefined) {
      this.#passed.append(read);
      return end;
    }
    const bodyEnd = bodyEndAt(text, end, isWhole);
    if (bodyEnd === undefined) return undefined;
    const body = this.#bodyOf(text, end, bodyEnd) + text.charAt(bodyEnd);
    const closed = body.search(/[\]］】]/);
    this.#passed.append(
      body[closed] === closing && this.#isCiting(body.slice(0, closed)) ? entity : read,
    );
    return end;
  }

  /** Whether this text, between brackets, would be a marker that names a passage. */
  #isCiting(body = ""): boolean {
    const { parts = [] } = readMarker(body) ?? {};
    return parts.some(({ first, last }) => last >= 1 && first <= this.#passages);
  }

  #bodyOf(text: string, start: number, end: number): string {
    return readEntities(text.slice(start, end), this.#entityReader);
  }

  #readBracket(
    text: string,
    { at, open }: { readonly at: number; readonly open: number },
    isWhole: boolean,
  ): number | undefined {
    const bodyEnd = bodyEndAt(text, open + 1, isWhole);
    if (bodyEnd === undefined) return undefined;
    const isClosed = text[bodyEnd] === markerBrackets.get(text.charAt(open));
    const isAtEnd = this.#isAtEnd && bodyEnd === text.length;
    const body = isClosed || isAtEnd ? this.#bodyOf(text, open + 1, bodyEnd) : "";
    const isCutOff = isAtEnd && isMarkerBeginning(body);
    const marker = isCutOff ? (readMarker(`${body}1`) ?? readMarker("1")) : readMarker(body);
    const end = isClosed ? bodyEnd + 1 : bodyEnd;
    const isMarker =
      marker !== undefined &&
      this.#classifier.isMarker(marker, {
        before: this.#passed.ending,
        hasBlanks: open > at,
        isBehindMarker: open === at && this.#lastMarker.end === this.#passed.length,
        text,
        start: open,
        end,
        isWhole,
      });
    if (isMarker === undefined) return undefined;
    if (!isMarker) {
      // Brackets that look like a marker but are not one in this context are passed as a whole; otherwise their
      // content is read.
      const passedEnd = marker ? end : open + 1;
      this.#passCode(text.slice(at, passedEnd));
      return passedEnd;
    }
    const blanks = text.slice(at, open);
    if (isClosed) this.#pass(marker, blanks, [text.charAt(open), text.charAt(bodyEnd)]);
    else if (/\d/.test(body)) this.#takeOut(text.slice(open).trim(), blanks);
    return end;
  }

  /** Code, and other text that contains no markers: every entity is decoded. */
  #passCode(code: string): void {
    this.#passed.append(readEntities(code, this.#entityReader));
  }

  #pass({ parts }: Marker, blanks: string, [opening, closing]: readonly [string, string]): void {
    const isBehindTakenOut = this.#lastMarker.end === this.#passed.length && blanks === "";
    let before = isBehindTakenOut ? this.#lastMarker.blanks : blanks;
    for (const { first, last, text } of parts) {
      const mostNamed = Math.min(last, this.#passages);
      for (let number = Math.max(first, 1); number <= mostNamed; number += 1) {
        this.#passed.append(before);
        before = "";
        const start = this.#passed.length;
        this.#passed.append(`[${number}]`);
        this.citations.push({ number, start, end: this.#passed.length });
        this.#lastMarker = { end: this.#passed.length, blanks: "" };
      }
      if (last <= this.#passages && first >= 1) continue;
      const isNone = first > this.#passages || last < 1;
      const rest = first < 1 ? [first] : [...new Set([this.#passages + 1, last])];
      this.#takeOut(opening + (isNone ? text : rest.join("-")) + closing, before);
    }
  }

  #takeOut(marker: string, blanks: string): void {
    this.invented.push({ marker, position: this.#passed.length });
    // Removing it must not turn the text around it into a marker, as in `[[8]7]`.
    const [, body] = openBracket.exec(this.#passed.ending) ?? [];
    if (body !== undefined && isMarkerBeginning(body)) this.#passed.append("…");
    this.#lastMarker = { end: this.#passed.length, blanks };
  }
}

/**
 * The end of a text between brackets, or of the part examined if it is too long for a marker; `undefined` if
 * more may follow.
 */
function bodyEndAt(text: string, start: number, isWhole: boolean): number | undefined {
  const end = endOf(bracketBody, text, start);
  const isOpen = end === text.length && end - start < mostBody && !isWhole;
  return isOpen && mayBecomeMarker(text.slice(start, end)) ? undefined : end;
}

/** The end of a match at this offset; 0 if there is none. */
function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  sticky.test(text);
  return sticky.lastIndex;
}
