import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import type { Breather } from "../breather.ts";
import type { MarkdownBlock } from "./markdown-blocks.ts";
import { withoutComments, type MarkdownSection } from "./markdown-sections.ts";

/** A part of a section: offsets in its document, and what a passage says of it. */
export interface SectionPart extends Span {
  readonly text: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SplitLimits {
  readonly chunkSize: number;
  readonly chunkOverlap: number;
  readonly breather: Breather;
}

/**
 * The parts of one section that become passages. The first one begins with the section's headings, which say what it is
 * about; headings that would take more than half of a passage are split as if they were text.
 */
export async function splitSection(
  text: string,
  section: MarkdownSection,
  { chunkSize, chunkOverlap, breather }: SplitLimits,
): Promise<SectionPart[]> {
  const bodyStart = lineStart(text, firstNonBlank(text, section.bodyStart), section.bodyStart);
  const hasHeading = section.start < section.bodyStart;
  const start = hasHeading ? firstNonBlank(text, section.start) : bodyStart;
  const room = chunkSize - (bodyStart - start);
  const isHeadingText = bodyStart >= section.end || room < chunkSize / 2;
  const limits = isHeadingText
    ? { chunkSize, chunkOverlap, breather }
    : { chunkSize: room, chunkOverlap: Math.min(chunkOverlap, Math.floor(room / 2)), breather };
  const parts: SectionPart[] = [];
  let from = isHeadingText ? start : bodyStart;
  let inText: MarkdownBlock[] = [];
  const addText = async (end: number): Promise<void> => {
    const comments = inText.filter(({ kind }) => kind === "comment");
    let next = 0;
    for (const span of await spansOf(masked(text, { start: from, end }, inText), limits)) {
      const place = { start: from + span.start, end: from + span.end };
      while ((comments[next]?.end ?? Infinity) <= place.start) next += 1;
      parts.push({ ...place, text: withoutComments(text, place, comments, next).trim() });
    }
    inText = [];
  };
  for (const block of section.blocks) {
    // The splitter leaves alone what is shorter.
    if (!isKeptWhole(block) || block.end - block.start < limits.chunkSize) {
      inText.push(block);
      continue;
    }
    await addText(block.start);
    parts.push(...(await splitBlock(text, block, { chunkSize, chunkOverlap: 0, breather })));
    from = block.end;
  }
  await addText(section.end);
  return withHeadings(
    text,
    { start, end: isHeadingText ? start : bodyStart },
    parts,
    chunkSize,
  ).filter(({ text: said }) => wordCharacter.test(said.replaceAll(/<[^<>]*>/g, "")));
}

/** More than white space and the marks of Markdown. */
const wordCharacter = /[^\s!-/:-@[-`{-~]/;

/** The headings before the first part, in one passage with it where they fit. */
function withHeadings(
  text: string,
  { start, end }: Span,
  [first, ...rest]: readonly SectionPart[],
  chunkSize: number,
): SectionPart[] {
  if (start === end) return first ? [first, ...rest] : [];
  const above = first ? text.slice(start, first.start) : "";
  if (first && above.length + first.text.length <= chunkSize) {
    return [{ start, end: first.end, text: above + first.text }, ...rest];
  }
  const headings = text.slice(start, end);
  const alone = { start, end: start + headings.trimEnd().length, text: headings.trim() };
  return first ? [alone, first, ...rest] : [alone];
}

function isKeptWhole({ kind }: MarkdownBlock): boolean {
  return kind === "code" || kind === "table";
}

/** A text of equal length in which code and tables are words, which no splitter cuts, and comments are blank. */
function masked(text: string, { start, end }: Span, blocks: readonly MarkdownBlock[]): string {
  let copy = "";
  let reached = start;
  for (const block of blocks) {
    const isMasked = isKeptWhole(block) || block.kind === "comment";
    if (!isMasked || block.start < reached || block.end > end) continue;
    const length = block.end - block.start;
    // Its beginning is told apart from the rest, so that each word is found where it stands.
    const word =
      block.kind === "comment" ? " ".repeat(length) : `\ue000${"\ue001".repeat(length - 1)}`;
    copy += text.slice(reached, block.start) + word;
    reached = block.end;
  }
  return copy + text.slice(reached, end);
}

/**
 * A block as it is where it fits, else in parts: each with the fence around it, or the column names above it, unless
 * these would take more than half of a passage.
 */
async function splitBlock(
  text: string,
  { kind, start, end, isClosed = false }: MarkdownBlock,
  { chunkSize, breather }: SplitLimits,
): Promise<SectionPart[]> {
  const block = text.slice(start, end);
  if (block.length <= chunkSize) return [{ start, end, text: block }];
  const frame = kind === "table" ? tableFrame(block) : codeFrame(block, isClosed);
  const isFramed = frame.before.length + frame.after.length <= chunkSize / 2;
  const { before, after, from, to } = isFramed ? frame : { ...noFrame, to: block.length };
  const room = chunkSize - before.length - after.length;
  const inner = block.slice(from, to);
  const spans = await spansOf(
    inner,
    { chunkSize: room, chunkOverlap: 0, breather },
    blockSeparators,
  );
  return spans.map((span, place) => {
    // The splitter took the first line's indentation off.
    const indented = lineStart(inner, span.start, 0);
    const first = span.end - indented <= room ? indented : span.start;
    return {
      start: place === 0 ? start : start + from + first,
      end: place === spans.length - 1 ? end : start + from + span.end,
      text: before + inner.slice(first, span.end) + after,
    };
  });
}

/** What each part of a block repeats before and after it, and where the rest begins and ends. */
interface Frame {
  readonly before: string;
  readonly after: string;
  readonly from: number;
  readonly to: number;
}

const noFrame = { before: "", after: "", from: 0 };
const blockSeparators = ["\n\n", "\n", " ", ""];

function tableFrame(table: string): Frame {
  const [before = ""] = /^.*[\r\n]+.*(?:\r\n?|\n|$)/.exec(table) ?? [];
  return { before, after: "", from: before.length, to: table.length };
}

/** Indented code has none; a fence that is never closed is closed in each part. */
function codeFrame(code: string, isClosed: boolean): Frame {
  const [before = "", marks] = /^.*?(`{3,}|~{3,}).*(?:\r\n?|\n|$)/.exec(code) ?? [];
  if (marks === undefined) return { ...noFrame, to: code.length };
  if (!isClosed) return { before, after: `\n${marks}`, from: before.length, to: code.length };
  const lastLine = Math.max(code.lastIndexOf("\n"), code.lastIndexOf("\r")) + 1;
  const after = `\n${code.slice(lastLine)}`;
  return { before, after, from: before.length, to: Math.max(before.length, lastLine - 1) };
}

/** Where the chunks of LangChain's splitter lie: it trims them, but changes nothing in them. */
async function spansOf(
  part: string,
  limits: SplitLimits,
  separators = RecursiveCharacterTextSplitter.getSeparatorsForLanguage("markdown"),
): Promise<Span[]> {
  if (part.length < limits.chunkSize) {
    // The splitter would give all of it, and takes longer to make than most sections to read.
    const whole = part.trim();
    const start = firstNonBlank(part, 0);
    return whole === "" ? [] : [{ start, end: start + whole.length }];
  }
  const spans: Span[] = [];
  let reached = 0;
  for (const chunk of await new WholeCharacterSplitter(limits, separators).splitText(part)) {
    // The last place that leaves nothing out: an equal text further on would.
    const start = part.lastIndexOf(chunk, firstNonBlank(part, reached));
    reached = start + chunk.length;
    spans.push({ start, end: reached });
  }
  return spans;
}

/** Where the line begins whose indentation ends at `index`, not before `least`; `index` itself within a line. */
function lineStart(text: string, index: number, least: number): number {
  let start = index;
  while (start > least && /[ \t]/.test(text.charAt(start - 1))) start -= 1;
  return start === least || /[\r\n]/.test(text.charAt(start - 1)) ? start : index;
}

function firstNonBlank(text: string, from: number): number {
  const blank = /\s*/y;
  blank.lastIndex = from;
  blank.test(text);
  return blank.lastIndex;
}

/** LangChain's splitter, which cuts between characters and never within one. */
class WholeCharacterSplitter extends RecursiveCharacterTextSplitter {
  constructor({ chunkSize, chunkOverlap, breather }: SplitLimits, separators: string[]) {
    // Called for each piece, and the only place where the splitter waits for anything.
    const lengthFunction = async (text: string): Promise<number> => {
      if (breather.isDue) await breather.pause();
      return text.length;
    };
    super({ chunkSize, chunkOverlap, separators, lengthFunction });
  }

  protected override splitOnSeparator(text: string, separator: string): string[] {
    return separator === "" ? Array.from(text) : super.splitOnSeparator(text, separator);
  }
}
