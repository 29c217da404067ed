import { PendingText } from "./pending-text.ts";

/** Takes the parts of an answer in their order. */
export interface BlockReader {
  /** A part of a paragraph or heading, with the quotation and list marks before it. */
  readonly text: (part: string) => void;
  /** A whole line of a block of code or of a formula. */
  readonly code: (line: string) => void;
  /** What comes next belongs to another paragraph, or nothing comes. */
  readonly endParagraph: (isEnd: boolean) => void;
}

/** A quotation, or a list item whose content is indented by so many columns. */
type Container = { readonly kind: "quote" } | { readonly kind: "item"; readonly indent: number };

/** Where the content of a line begins behind the marks of its containers; columns count a tab as Markdown does. */
interface Place {
  readonly at: number;
  readonly column: number;
  /** The column from which indentation is counted. */
  readonly base: number;
}

/** Indented code, a line that opens a fence, and one in a fence or at its end. */
type CodeKind = "indented" | "fence" | "fenced";

/** What a line is, and what it closes and opens. */
interface Line {
  readonly kind: "blank" | "heading" | "rule" | "paragraph" | "continuation" | CodeKind;
  /** How many of the open containers it is in. */
  readonly matched: number;
  readonly opened: readonly Container[];
  /** What opens or may close a fence. */
  readonly rest: string;
}

const mostContainers = 50;
const codeIndent = 4;

const listMark = /^(?:[-+*]|\d{1,9}[.)])(?=\s|$)/;
const heading = /^#{1,6}(?=\s|$)/;
const rule = /^(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})[\r\n]*$/;
const blank = /^[ \t\r\n]*$/;
/** Backticks, tildes, and the marks of a formula that stand alone on their line. */
const fenceOpening = /^(?:`{3,}(?=[^`]*$)|~{3,}|\$\$(?=\s*$)|\\\[(?=\s*$))/;
/** The beginning of a line whose kind depends on what follows it. */
const undecided =
  /^(?:\d{1,9}(?:[.)][ \t\r]*)?|(?:[-+*_][ \t\r]*)+|#{1,6}|`{1,2}|~{1,2}|(?:`{3}|~{3}).*|\$\$?\s*|\\\[?\s*)$/s;

/**
 * Tells code from text, line by line as Markdown does: fences of backticks and tildes, indented code, both
 * within quotations and list items, and formulas between `$$` or `\[` and `\]` on lines of their own. Text is
 * given on as soon as it is known to be text, a line of code when it has ended.
 *
 * @see https://spec.commonmark.org/0.31.2/#container-blocks
 */
export class CodeBlocks {
  readonly #reader: BlockReader;
  readonly #pending = new PendingText();
  readonly #containers: Container[] = [];
  /** What opened the fence that the text is in. */
  #fence: string | undefined;
  #isInParagraph = false;
  /** A list item of which nothing has come but its mark: a blank line ends it. */
  #emptyItem: Container | undefined;
  /** The kind of the line whose text is given on as it comes. */
  #open: Line["kind"] | undefined;

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  push(piece: string): void {
    if (this.#pending.append(piece)) this.#read(false);
  }

  end(): void {
    this.#read(true);
    this.#reader.endParagraph(true);
  }

  #read(isEnd: boolean): void {
    const { text } = this.#pending;
    let at = 0;
    while (at < text.length) {
      const lineEnd = text.indexOf("\n", at) + 1;
      const line = text.slice(at, lineEnd || text.length);
      const isWhole = lineEnd > 0 || isEnd;
      if (this.#open === undefined && !this.#readLine(line, isWhole)) break;
      if (this.#open !== undefined) this.#passText(line);
      at += line.length;
    }
    this.#pending.keepFrom(at);
  }

  #passText(line: string): void {
    this.#reader.text(line);
    if (!line.endsWith("\n")) return;
    if (this.#open === "heading") this.#reader.endParagraph(false);
    this.#open = undefined;
  }

  /** Reads a line of code, or opens one of text; `false` where more of it must be known. */
  #readLine(line: string, isWhole: boolean): boolean {
    const read = this.#lineOf(line, isWhole);
    if (!read) return false;
    const { kind, matched, opened, rest } = read;
    const isCode = kind === "indented" || kind === "fence" || kind === "fenced";
    if (isCode && !isWhole) return false;
    if (kind !== "continuation") {
      if (this.#isInParagraph) this.#reader.endParagraph(false);
      this.#isInParagraph = kind === "paragraph";
      this.#containers.length = matched;
      this.#containers.push(...opened);
      this.#emptyItem = kind === "blank" ? opened.at(-1) : undefined;
    }
    if (kind === "fence") this.#fence = fenceOpening.exec(rest)?.[0];
    else if (kind !== "fenced" || closes(this.#fence, rest)) this.#fence = undefined;
    if (isCode) this.#reader.code(line);
    else this.#open = kind;
    return true;
  }

  /** `undefined` where more of the line must be known. */
  #lineOf(line: string, isWhole: boolean): Line | undefined {
    const entered = this.#enterContainers(line);
    const { matched } = entered;
    let { place } = entered;
    const isInAll = matched === this.#containers.length;
    const opened: Container[] = [];
    for (;;) {
      const rest = line.slice(place.at);
      const isIndented = place.column - place.base >= codeIndent;
      const as = (kind: Line["kind"]): Line => ({ kind, matched, opened, rest });
      if (blank.test(rest) && !isWhole) return undefined;
      if (this.#fence !== undefined && isInAll) {
        return { ...as("fenced"), rest: isIndented ? "" : rest };
      }
      if (blank.test(rest)) return as("blank");
      const isContinued = this.#isInParagraph && opened.length === 0;
      if (isIndented) return as(isContinued ? "continuation" : "indented");
      if (!isWhole && undecided.test(rest)) return undefined;
      if (fenceOpening.test(rest)) return as("fence");
      if (heading.test(rest)) return as("heading");
      if (rule.test(rest)) return as("rule");
      const next =
        matched + opened.length < mostContainers && enter(line, place, isContinued && isInAll);
      if (!next) return as(isContinued ? "continuation" : "paragraph");
      opened.push(next.container);
      ({ place } = next);
    }
  }

  /** Goes behind the marks of the open containers that this line is in. */
  #enterContainers(line: string): { readonly place: Place; readonly matched: number } {
    let place = skipBlanks(line, { at: 0, column: 0, base: 0 });
    let matched = 0;
    for (const container of this.#containers) {
      const indent = place.column - place.base;
      if (container.kind === "quote") {
        if (indent >= codeIndent || line[place.at] !== ">") break;
        place = behindQuote(line, place);
      } else if (blank.test(line.slice(place.at))) {
        if (container === this.#emptyItem) break;
      } else {
        if (indent < container.indent) break;
        place = { ...place, base: place.base + container.indent };
      }
      matched += 1;
    }
    return { place, matched };
  }
}

/** Opens a quotation or a list item; within a paragraph only an item that has text, and a numbered one only if it is the first. */
function enter(
  line: string,
  place: Place,
  isInParagraph: boolean,
): { readonly container: Container; readonly place: Place } | undefined {
  if (line[place.at] === ">") {
    return { container: { kind: "quote" }, place: behindQuote(line, place) };
  }
  const [mark] = listMark.exec(line.slice(place.at)) ?? [];
  if (mark === undefined) return undefined;
  const column = place.column + mark.length;
  const behind = skipBlanks(line, { ...place, at: place.at + mark.length, column });
  const isEmpty = blank.test(line.slice(behind.at));
  if (isInParagraph && (isEmpty || !/^(?:\D|1\D)/.test(mark))) return undefined;
  const blanks = behind.column - column;
  const base = column + (isEmpty || blanks > codeIndent ? 1 : blanks);
  return { container: { kind: "item", indent: base - place.base }, place: { ...behind, base } };
}

function behindQuote(line: string, { at, column }: Place): Place {
  const hasBlank = /[ \t]/.test(line.charAt(at + 1));
  return skipBlanks(line, { at: at + 1, column: column + 1, base: column + (hasBlank ? 2 : 1) });
}

function skipBlanks(line: string, { at, column, base }: Place): Place {
  let [end, endColumn] = [at, column];
  for (; line[end] === " " || line[end] === "\t"; end += 1) {
    endColumn += line[end] === "\t" ? 4 - (endColumn % 4) : 1;
  }
  return { at: end, column: endColumn, base };
}

function closes(opening: string | undefined, rest: string): boolean {
  const line = rest.trim();
  if (opening === undefined) return true;
  if (opening === "$$") return line.endsWith("$$");
  if (opening === "\\[") return line.endsWith("\\]");
  return line.length >= opening.length && line === opening.charAt(0).repeat(line.length);
}
