import { takeAtOnce, type Steps } from "../breather.ts";
import { sectionSteps, type MarkdownSection } from "./markdown-sections.ts";
import type { TextSpan } from "./markdown-blocks.ts";
import { sentenceEnds } from "./sentence-ends.ts";

/** The sentences under a heading. */
export interface SentenceSection {
  /** The heading, together with headings directly above it; `undefined` before the first heading. */
  readonly heading: TextSpan | undefined;
  readonly sentences: readonly TextSpan[];
}

/**
 * Splits a Markdown or plain text into sentences, by section and in order, without the white space around them.
 * A code block or a table is one sentence; a list item begins a new one. If the end of a sentence is uncertain,
 * as after `U.S.`, the sentence continues. Text without letters and digits is skipped.
 */
export function splitSentences(text: string): SentenceSection[] {
  return takeAtOnce(sentenceSteps(text));
}

/** `splitSentences`, in steps. */
export function* sentenceSteps(text: string): Steps<SentenceSection[]> {
  const sections: { heading: TextSpan | undefined; blocks: Block[] }[] = [];
  for (const section of yield* sectionSteps(text)) {
    const { start, bodyStart } = section;
    const heading = bodyStart > start ? trimmed(text, { start, end: bodyStart }) : undefined;
    sections.push({ heading, blocks: yield* textBlocks(text, section) });
  }
  const prose = new Prose(
    text,
    sections.flatMap(({ blocks }) => blocks.filter(({ kind }) => kind === "text")),
  );
  const found: SentenceSection[] = [];
  for (const { heading, blocks } of sections) {
    const sentences: TextSpan[] = [];
    yield;
    for (const block of blocks) {
      const spans = block.kind === "text" ? yield* prose.nextBlock() : [block];
      for (const span of spans) {
        if (wordCharacter.test(text.slice(span.start, span.end))) {
          sentences.push(trimmed(text, span));
        }
      }
    }
    found.push({ heading, sentences });
  }
  return found;
}

interface Block extends TextSpan {
  readonly kind: "text" | "table" | "code";
}

const listItem = /^\s*(?:[-*+•]|\d{1,9}[.)])\s/;

/** Paragraphs, list items, tables and code. */
function* textBlocks(
  text: string,
  { bodyStart, end, blocks: marked }: MarkdownSection,
): Steps<Block[]> {
  const blocks: Block[] = [];
  let from = bodyStart;
  for (const { kind, ...span } of marked) {
    if (kind !== "code" && kind !== "table" && kind !== "comment") continue;
    yield* addParagraphs(blocks, text, { start: from, end: span.start });
    if (kind !== "comment") blocks.push({ kind, start: span.start, end: span.end });
    from = span.end;
  }
  yield* addParagraphs(blocks, text, { start: from, end });
  return blocks;
}

/** A list item begins a new block; a line without words ends one. */
function* addParagraphs(blocks: Block[], text: string, { start, end }: TextSpan): Steps<void> {
  let open: Block | undefined;
  for (const { 0: line, index } of text.slice(start, end).matchAll(/(?<![^\n])[^\n]*/g)) {
    yield;
    if (!wordCharacter.test(line)) {
      open = undefined;
      continue;
    }
    const continues = open !== undefined && !listItem.test(line);
    if (continues) blocks.pop();
    const from = start + index;
    open = { kind: "text", start: open && continues ? open.start : from, end: from + line.length };
    blocks.push(open);
  }
}

/** Few enough to be read in less than a millisecond. */
const endsPerStep = 64;

/**
 * Reads the paragraphs and list items of a text one after the other. Unicode's rules know neither abbreviations
 * nor Markdown, so some of their boundaries are removed, others moved.
 */
class Prose {
  readonly #text: string;
  readonly #blocks: Iterator<Block>;
  readonly #ends: Iterator<number>;
  readonly #letters: Ahead;
  readonly #gaps: Ahead;
  #start = 0;
  #nextEnd: number;

  constructor(text: string, blocks: readonly Block[]) {
    // Unicode's rules end a sentence at every line end, so those inside a block become blanks. A paragraph
    // separator ends the last sentence of a block.
    this.#text = blocks
      .map(({ start, end }) => text.slice(start, end).replaceAll(/[\r\n]/g, " "))
      .join("\u2029");
    this.#blocks = blocks.values();
    this.#ends = sentenceEnds(this.#text);
    this.#letters = new Ahead(this.#text, /\p{L}/gu);
    this.#gaps = new Ahead(this.#text, /[\s\p{L}]/gu);
    this.#nextEnd = this.#takeEnd();
  }

  /** The sentences of the next block. */
  *nextBlock(): Steps<TextSpan[]> {
    const block: TextSpan = this.#blocks.next().value ?? { start: 0, end: 0 };
    const offset = block.start - this.#start;
    const end = block.end - offset;
    const spans: TextSpan[] = [];
    let from = this.#start;
    for (let ends = 1; this.#nextEnd < end; this.#nextEnd = this.#takeEnd(), ends += 1) {
      const to = this.#boundaryAt(this.#nextEnd);
      if (to !== undefined && to > from && !this.#isUnfinished(from, to)) {
        spans.push({ start: from + offset, end: to + offset });
        from = to;
      }
      if (ends % endsPerStep === 0) yield;
    }
    if (from < end) spans.push({ start: from + offset, end: block.end });
    this.#start = end + 1;
    while (this.#nextEnd <= this.#start) this.#nextEnd = this.#takeEnd();
    return spans;
  }

  #takeEnd(): number {
    return this.#ends.next().value ?? Infinity;
  }

  /**
   * The end of a sentence that Unicode's rules end at `index`; marks such as `**` or `[1]` after it belong to
   * it.
   */
  #boundaryAt(index: number): number | undefined {
    if (sentenceEnd.test(this.#text.slice(Math.max(0, index - 8), index))) return index;
    const gap = Math.min(this.#gaps.from(index), this.#text.length);
    return letter.test(this.#text.slice(gap, gap + 2)) ? undefined : gap;
  }

  /** A sentence such as `1.` at the beginning of a list item, or one that ends in an abbreviation. */
  #isUnfinished(from: number, to: number): boolean {
    if (this.#letters.from(from) >= to) return true;
    let end = to;
    while (end > from && blank.test(this.#text.charAt(end - 1))) end -= 1;
    const last = this.#text.slice(Math.max(from, end - 12), end);
    if (abbreviation.test(last) || title.test(last)) return true;
    return /(?<!\d)\d{1,2}\.$/.test(last) && germanMonth.test(this.#text.slice(end, end + 12));
  }
}

/** Finds the next match of a pattern from ascending offsets, and searches each part of the text once. */
class Ahead {
  readonly #text: string;
  readonly #pattern: RegExp;
  #found = -1;

  constructor(text: string, pattern: RegExp) {
    this.#text = text;
    this.#pattern = pattern;
  }

  from(offset: number): number {
    if (this.#found < offset) {
      this.#pattern.lastIndex = offset;
      this.#found = this.#pattern.exec(this.#text)?.index ?? Infinity;
    }
    return this.#found;
  }
}

const wordCharacter = /[\p{L}\p{N}]/u;
const letter = /^\p{L}/u;
const blank = /\s/;
/** White space, or a full stop of a script without spaces, with closing marks after it. */
const sentenceEnd = /(?:\s|[。！？｡][\p{Pe}\p{Pf}"']*)$/u;
/**
 * A single letter, as in `U.S.` and `J. Doe`, or an abbreviation before a name or number, as in `St. Louis`.
 */
const abbreviation =
  /(?<![\p{L}\p{N}])(?:\p{L}|mrs?|ms|messrs|mme|mlle|sra?|drs?|dra|prof|rev|hon|gov|sen|gen|col|capt|lt|sgt|maj|st|ste|mt|ft|figs?|eqs?|secs?|ch|vols?|pp|nrs?|cf|vs|ca|approx|al|viz|thm|chap|dept|univ|hwy|blvd|vgl|bzw|ggf|abb|kap)\.$/iu;
/** Abbreviations that are also ordinary words in lower case, as in `Open the app.` */
const title = /(?<![\p{L}\p{N}])(?:Rep|Pres|Adm|Def|Ex|App|Ave|Hr|Fr)\.$/u;
/** A day of the month is followed by a full stop, as in `3. Oktober`. */
const germanMonth =
  /^\s+(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)(?!\p{L})/u;

function trimmed(text: string, { start, end }: TextSpan): TextSpan {
  const part = text.slice(start, end);
  const blanks = part.length - part.trimStart().length;
  return { start: start + blanks, end: start + blanks + part.trim().length };
}
