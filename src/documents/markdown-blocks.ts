import type { Steps } from "../breather.ts";
import {
  blankLine,
  blockStart,
  closesFence,
  isDelimiterRow,
  underlineLevel,
  type BlockStart,
} from "./markdown-block-start.ts";
import { textStart } from "./front-matter.ts";
import { MarkdownLine } from "./markdown-line.ts";

/** A part of a text, as offsets in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A block of Markdown other than a paragraph, made of whole lines; the text between blocks is paragraphs. */
export interface MarkdownBlock extends TextSpan {
  readonly kind: "front matter" | "heading" | "code" | "table" | "html" | "comment";
  /** Offset of its first line, in UTF-16 units. */
  readonly start: number;
  /** Offset of the end of its last line, without the line end. */
  readonly end: number;
  /** Number of quotes and list items around it. */
  readonly depth: number;
  /** Of a heading: 1 to 6. */
  readonly level?: number;
  /** Of a heading: its text, with markup. */
  readonly title?: string;
  /** Of code: whether its last line closes its fence. */
  readonly isClosed?: boolean;
}

/**
 * The blocks of a Markdown text, in order: front matter in YAML or TOML, headings of every kind (`#`,
 * underlined, `<h1>`), fenced and indented code, tables of GitHub Flavored Markdown, HTML. HTML that consists
 * of a comment only is a comment. Runs in time linear in the text, whatever it contains: quotes and list items
 * are nested at most 32 deep.
 *
 * @see CommonMark 0.31, chapters 4 and 5; GitHub Flavored Markdown Spec 0.29, section 4.10
 */
export function* blockSteps(text: string): Steps<MarkdownBlock[]> {
  const scanner = new BlockScanner(text);
  const line = /([^\r\n]*)(?:\r\n?|\n|$)/y;
  for (let start = scanner.start; start < text.length; start = line.lastIndex) {
    line.lastIndex = start;
    const [, content = ""] = line.exec(text) ?? [];
    scanner.read(content, start);
    yield;
  }
  return scanner.end();
}

type Container =
  | { readonly kind: "quote" }
  /** Lines of a list item are indented by at least this many columns. */
  | { readonly kind: "item"; readonly indent: number; isEmpty: boolean };

interface Paragraph {
  readonly kind: "paragraph";
  readonly lines: { readonly text: string; readonly start: number }[];
}

/** A block whose end is not known yet. */
type OpenBlock = (
  | { readonly kind: "fence"; readonly marks: string }
  | { readonly kind: "indented code" }
  | { readonly kind: "table" }
  | { readonly kind: "html"; readonly until: RegExp }
) & { readonly start: number; end: number };

const deepest = 32;

class BlockScanner {
  /** Offset of the first line after the front matter. */
  readonly start: number;
  readonly #text: string;
  readonly #blocks: MarkdownBlock[] = [];
  readonly #containers: Container[] = [];
  #open: Paragraph | OpenBlock | undefined;

  constructor(text: string) {
    this.#text = text;
    this.start = textStart(text);
    if (this.start > 1) this.#add("front matter", 0, text.slice(0, this.start).trimEnd().length);
  }

  /** Reads the next line, which begins at `start`. */
  read(text: string, start: number): void {
    const line = new MarkdownLine(text);
    const end = start + text.length;
    const reached = this.#containersThatGoOn(line);
    const isInside = reached === this.#containers.length;
    if (this.#open && this.#open.kind !== "paragraph") {
      if (isInside && this.#goesOn(this.#open, line, end)) return;
      this.#close();
    }
    const paragraph = this.#open?.kind === "paragraph" ? this.#open : undefined;
    if (paragraph && isInside && this.#changes(paragraph, line, end)) return;

    // A line that begins no block continues a paragraph, even without the marks of its containers.
    let continues = paragraph !== undefined;
    let depth = reached;
    const begin = (): void => {
      continues = false;
      this.#open = undefined;
      this.#containers.length = depth;
    };
    while (!line.isBlank && line.indent < 4) {
      const first = blockStart(line.rest, continues);
      if (first) {
        begin();
        return this.#begin(first, start, end);
      }
      const container = depth < deepest ? takeContainer(line, continues && isInside) : undefined;
      if (!container) break;
      begin();
      this.#fillItem();
      this.#containers.push(container);
      depth += 1;
    }
    if (paragraph && continues && !line.isBlank) {
      paragraph.lines.push({ text: line.rest, start });
      return;
    }
    begin();
    if (line.isBlank) return;
    this.#fillItem();
    this.#open =
      line.indent >= 4
        ? { kind: "indented code", start, end }
        : { kind: "paragraph", lines: [{ text: line.rest, start }] };
  }

  end(): MarkdownBlock[] {
    this.#close();
    return this.#blocks;
  }

  /** How many of the open containers the line belongs to, by its leading marks and blanks. */
  #containersThatGoOn(line: MarkdownLine): number {
    const first = this.#containers.findIndex((container) => {
      if (container.kind === "quote") return !takeQuote(line);
      if (line.isBlank) return container.isEmpty;
      if (line.indent < container.indent) return true;
      line.takeIndent(container.indent);
      return false;
    });
    return first === -1 ? this.#containers.length : first;
  }

  /** Whether the line, which has the marks of all containers, belongs to the open block. */
  #goesOn(open: OpenBlock, line: MarkdownLine, end: number): boolean {
    switch (open.kind) {
      case "fence":
        open.end = end;
        if (line.indent < 4 && closesFence(line.rest, open.marks)) this.#close(true);
        return true;
      case "html":
        if (open.until === blankLine && line.isBlank) return false;
        open.end = end;
        if (open.until.test(line.rest)) this.#close();
        return true;
      case "indented code":
        if (line.isBlank) return true; // Trailing blank lines are not part of it.
        if (line.indent < 4) return false;
        open.end = end;
        return true;
      default:
        if (line.isBlank || line.indent >= 4 || beginsSomething(line)) return false;
        open.end = end;
        return true;
    }
  }

  /** Whether the line makes a heading of the paragraph above, or a table of its last line. */
  #changes(paragraph: Paragraph, line: MarkdownLine, end: number): boolean {
    const [first] = paragraph.lines;
    const last = paragraph.lines.at(-1);
    if (!first || !last || line.indent >= 4) return false;
    const level = underlineLevel(line.rest);
    if (level !== undefined && !paragraph.lines.every(({ text }) => linkDefinition.test(text))) {
      const title = paragraph.lines.map(({ text }) => text.trim()).join(" ");
      this.#add("heading", first.start, end, { level, title });
      this.#open = undefined;
      return true;
    }
    if (itemMarker.test(line.rest) || !isDelimiterRow(line.rest, last.text)) return false;
    this.#open = { kind: "table", start: last.start, end };
    return true;
  }

  #begin(first: BlockStart, start: number, end: number): void {
    this.#fillItem();
    if (first.kind === "heading") this.#add("heading", start, end, first);
    if (first.kind === "fence") this.#open = { ...first, start, end };
    if (first.kind === "html") {
      this.#open = { ...first, start, end };
      if (first.isWhole) this.#close();
    }
  }

  #close(isClosed = false): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open || open.kind === "paragraph") return;
    const { start, end } = open;
    if (open.kind === "table") return this.#add("table", start, end);
    if (open.kind !== "html") return this.#add("code", start, end, { isClosed });
    const html = this.#text.slice(start, end);
    const heading = htmlHeading(html);
    if (heading) return this.#add("heading", start, end, heading);
    this.#add(isComment(html) ? "comment" : "html", start, end);
  }

  #add(
    kind: MarkdownBlock["kind"],
    start: number,
    end: number,
    more?: Pick<MarkdownBlock, "level" | "title" | "isClosed">,
  ): void {
    this.#blocks.push({ kind, start, end, depth: this.#containers.length, ...more });
  }

  /** Marks the innermost list item, if any, as not empty. */
  #fillItem(): void {
    const inner = this.#containers.at(-1);
    if (inner?.kind === "item") inner.isEmpty = false;
  }
}

function takeQuote(line: MarkdownLine): boolean {
  if (line.indent >= 4 || !line.rest.startsWith(">")) return false;
  line.takeMarker(1);
  line.takeIndent(1);
  return true;
}

const itemMarker = /^(?:[*+-]|(\d{1,9})[.)])(?=[ \t]|$)/;

/** The quote or list item that begins next; some items may not follow a line of a paragraph. */
function takeContainer(line: MarkdownLine, isParagraph: boolean): Container | undefined {
  if (takeQuote(line)) return { kind: "quote" };
  const { rest, indent: before } = line;
  const [marker, number = "1"] = itemMarker.exec(rest) ?? [];
  if (marker === undefined) return undefined;
  const isEmpty = rest.slice(marker.length).trim() === "";
  if (isParagraph && (isEmpty || Number(number) !== 1)) return undefined;
  line.takeMarker(marker.length);
  const isCode = line.indent > 4;
  const behind = isEmpty || isCode ? 1 : line.indent;
  line.takeIndent(behind);
  return { kind: "item", indent: before + marker.length + behind, isEmpty: true };
}

function beginsSomething(line: MarkdownLine): boolean {
  const { rest } = line;
  return rest.startsWith(">") || itemMarker.test(rest) || blockStart(rest, true) !== undefined;
}

const linkDefinition = /^\[[^\]]+\]:/;

/** A comment with nothing after it. */
function isComment(html: string): boolean {
  const whole = html.trim();
  return whole.startsWith("<!--") && whole.indexOf("-->") === whole.length - 3;
}

/** `<h1>` to `<h6>` with its content, if a block of HTML is a single heading. */
function htmlHeading(html: string): { level: number; title: string } | undefined {
  if (html.length > 1000) return undefined;
  const [, level, title] =
    /^\s*<h([1-6])(?:\s[^<>]*)?>((?:(?!<h[1-6]).)*)<\/h\1\s*>\s*$/is.exec(html) ?? [];
  return title === undefined
    ? undefined
    : { level: Number(level), title: title.replaceAll(/\s+/g, " ").trim() };
}
