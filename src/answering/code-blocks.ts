import { PendingText } from "./pending-text.ts";

/** Receives the parts of an answer, in order. */
export interface BlockReader {
  /** A part of a paragraph or heading, with the quotation and list marks before it. */
  readonly text: (part: string) => void;
  /** A whole line of a code block or of a formula. */
  readonly code: (line: string) => void;
  /** The paragraph ended, because another one or nothing follows. */
  readonly endParagraph: (isEnd: boolean) => void;
}

/** A quotation, or a list item whose content is indented by at least this many columns. */
type Container = { readonly kind: "quote" } | { readonly kind: "item"; readonly indent: number };

/** The offset and column of a line's content after the marks of its containers; a tab counts as in Markdown. */
interface Position {
  readonly at: number;
  readonly column: number;
  /** The column from which indentation is counted. */
  readonly base: number;
}

/** Indented code, a line that opens a fence, and a line inside or at the end of a fence. */
type CodeKind = "indented" | "fence" | "fenced";

/** What a line is, and what it closes and opens. */
interface Line {
  readonly kind: "blank" | "heading" | "rule" | "paragraph" | "continuation" | CodeKind;
  /** How many of the open containers it is in. */
  readonly matched: number;
  readonly opened: readonly Container[];
  /** The text that may open or close a fence. */
  readonly rest: string;
}

const mostContainers = 50;
const codeIndent = 4;

const listMark = /^(?:[-+*]|\d{1,9}[.)])(?=\s|$)/;
const heading = /^#{1,6}(?=\s|$)/;
const rule = /^(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})[\r\n]*$/;
const blank = /^[ \t\r\n]*$/;
/** Backticks, tildes, and formula marks alone on their line. */
const fenceOpening = /^(?:`{3,}(?=[^`]*$)|~{3,}|\$\$(?=\s*$)|\\\[(?=\s*$))/;
/** The beginning of a line whose kind depends on what follows. */
const undecided =
  /^(?:\d{1,9}(?:[.)][ \t\r]*)?|(?:[-+*_][ \t\r]*)+|#{1,6}|`{1,2}|~{1,2}|(?:`{3}|~{3}).*|\$\$?\s*|\\\[?\s*)$/s;

/**
 * Separates code from text, line by line as in Markdown: fences of backticks and tildes, indented code, both
 * inside quotations and list items, and formulas between `$$` or `\[` and `\]` on lines of their own. Text is
 * passed on as soon as it is known to be text, a line of code when it is complete.
 *
 * @see https://spec.commonmark.org/0.31.2/#container-blocks
 */
export class CodeBlocks {
  readonly #reader: BlockReader;
  readonly #pending = new PendingText();
  readonly #containers: Container[] = [];
  /** The opening of the current fence. */
  #fence: string | undefined;
  #isInParagraph = false;
  /** A list item that is still empty: a blank line ends it. */
  #emptyItem: Container | undefined;
  /** The kind of the current line, whose text is passed on as it arrives. */
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

  /** Reads a line of code, or begins a line of text; `false` if more input is needed. */
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

  /** `undefined` if more of the line is needed. */
  #lineOf(line: string, isWhole: boolean): Line | undefined {
    const entered = this.#enterContainers(line);
    const { matched } = entered;
    let { position } = entered;
    const isInAll = matched === this.#containers.length;
    const opened: Container[] = [];
    for (;;) {
      const rest = line.slice(position.at);
      const isIndented = position.column - position.base >= codeIndent;
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
        matched + opened.length < mostContainers && enter(line, position, isContinued && isInAll);
      if (!next) return as(isContinued ? "continuation" : "paragraph");
      opened.push(next.container);
      ({ position } = next);
    }
  }

  /** Skips the marks of the open containers that this line is in. */
  #enterContainers(line: string): { readonly position: Position; readonly matched: number } {
    let position = skipBlanks(line, { at: 0, column: 0, base: 0 });
    let matched = 0;
    for (const container of this.#containers) {
      const indent = position.column - position.base;
      if (container.kind === "quote") {
        if (indent >= codeIndent || line[position.at] !== ">") break;
        position = behindQuote(line, position);
      } else if (blank.test(line.slice(position.at))) {
        if (container === this.#emptyItem) break;
      } else {
        if (indent < container.indent) break;
        position = { ...position, base: position.base + container.indent };
      }
      matched += 1;
    }
    return { position, matched };
  }
}

/**
 * Opens a quotation or a list item; inside a paragraph only an item with text, and a numbered one only if its
 * number is 1.
 */
function enter(
  line: string,
  position: Position,
  isInParagraph: boolean,
): { readonly container: Container; readonly position: Position } | undefined {
  if (line[position.at] === ">") {
    return { container: { kind: "quote" }, position: behindQuote(line, position) };
  }
  const [mark] = listMark.exec(line.slice(position.at)) ?? [];
  if (mark === undefined) return undefined;
  const column = position.column + mark.length;
  const behind = skipBlanks(line, { ...position, at: position.at + mark.length, column });
  const isEmpty = blank.test(line.slice(behind.at));
  if (isInParagraph && (isEmpty || !/^(?:\D|1\D)/.test(mark))) return undefined;
  const blanks = behind.column - column;
  const base = column + (isEmpty || blanks > codeIndent ? 1 : blanks);
  return {
    container: { kind: "item", indent: base - position.base },
    position: { ...behind, base },
  };
}

function behindQuote(line: string, { at, column }: Position): Position {
  const hasBlank = /[ \t]/.test(line.charAt(at + 1));
  return skipBlanks(line, { at: at + 1, column: column + 1, base: column + (hasBlank ? 2 : 1) });
}

function skipBlanks(line: string, { at, column, base }: Position): Position {
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
