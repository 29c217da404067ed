import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import type { Breather } from "../breather.ts";
import { frameOf, noFrame } from "./block-frame.ts";
import type { MarkdownBlock, TextSpan } from "./markdown-blocks.ts";
import { withoutComments } from "./comments.ts";
import type { MarkdownSection } from "./markdown-sections.ts";

/** A part of a section: offsets in its document, and the text of its passage. */
export interface SectionPart extends TextSpan {
  readonly text: string;
}

export interface SplitLimits {
  readonly chunkSize: number;
  readonly chunkOverlap: number;
  readonly breather: Breather;
}

/**
 * Splits one section into the parts that become passages. The first part begins with the section's headings;
 * headings that would take more than half of a passage are split like text.
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
  let passed = 0;
  const isWhole = (block: MarkdownBlock): boolean => isKeptWhole(text, block);
  /** The section's comments inside a span; spans must be requested in ascending order. */
  const commentsIn = (span: TextSpan): TextSpan[] => {
    while ((section.comments[passed]?.end ?? Infinity) <= span.start) passed += 1;
    const first = passed;
    while ((section.comments[passed]?.start ?? Infinity) < span.end) passed += 1;
    return section.comments.slice(first, passed);
  };
  const addText = async (end: number): Promise<void> => {
    const here = { start: from, end };
    const hidden = commentsIn(here);
    const copy = masked(text, here, [...inText.filter(isWhole), ...hidden]);
    let next = 0;
    for (const span of await spansOf(copy, limits)) {
      if (!hasWords(copy.slice(span.start, span.end))) continue;
      // The splitter removed the first line's indentation.
      const indented = lineStart(text, from + span.start, from);
      const fits = from + span.end - indented <= limits.chunkSize;
      const extent = { start: fits ? indented : from + span.start, end: from + span.end };
      while ((hidden[next]?.end ?? Infinity) <= extent.start) next += 1;
      parts.push({ ...extent, text: withoutComments(text, extent, hidden, next) });
    }
    inText = [];
  };
  for (const block of section.blocks) {
    // The splitter does not split shorter blocks, and counts the line ends around a word.
    if (!isWhole(block) || block.end - block.start < limits.chunkSize - 2) {
      inText.push(block);
      continue;
    }
    await addText(block.start);
    const blockLimits = { chunkSize, chunkOverlap: 0, breather };
    parts.push(...(await splitBlock(text, block, commentsIn(block), blockLimits)));
    from = block.end;
  }
  await addText(section.end);
  const bodyAt = isHeadingText ? start : bodyStart;
  return withHeadings(text, { ...section, start, bodyStart: bodyAt }, parts, chunkSize);
}

/** A character other than white space and Markdown marks. */
const wordCharacter = /[^\s!-/:-@[-`{-~]/;
/**
 * Inline code and escaped characters, or markup without visible words: tags, images and links without text, and
 * entities for blanks.
 */
const codeOrUnsaid =
  /(`+[^`]*`+|\\[^])|<\/?[a-z][a-z0-9-]*(?:[\s/][^<>]*)?>|<[!?][^<>]*>|!?\[\s*\]\([^()]*\)|&(?:[en][mb]?sp|thinsp|zwn?j|shy|#160|#xa0);/gi;

function hasWords(text: string): boolean {
  const said = text.replaceAll(codeOrUnsaid, (_part, code?: string) => code ?? "");
  return wordCharacter.test(said);
}

/** Puts the headings before the first part, in the same passage if both fit. */
function withHeadings(
  text: string,
  { start, bodyStart, comments }: MarkdownSection,
  [first, ...rest]: readonly SectionPart[],
  chunkSize: number,
): SectionPart[] {
  if (start === bodyStart) return first ? [first, ...rest] : [];
  const above = first ? withoutComments(text, { start, end: first.start }, comments) : "";
  if (first && above.length + first.text.length <= chunkSize) {
    return [{ start, end: first.end, text: above + first.text }, ...rest];
  }
  const end = start + text.slice(start, bodyStart).trimEnd().length;
  const headings = withoutComments(text, { start, end }, comments);
  const alone = hasWords(headings) ? [{ start, end, text: headings }] : [];
  return first ? [...alone, first, ...rest] : alone;
}

/** Code and tables, also in HTML. */
function isKeptWhole(text: string, { kind, start, end }: MarkdownBlock): boolean {
  if (kind === "html") return htmlTableOrCode.test(text.slice(start, end));
  return kind === "code" || kind === "table";
}

const htmlTableOrCode = /<(?:table|pre)[\s>]/i;

/**
 * A text of equal length in which code and tables are single words, which the splitter does not cut, and
 * comments are blank.
 */
function masked(
  text: string,
  { start, end }: TextSpan,
  hidden: readonly (TextSpan | MarkdownBlock)[],
): string {
  let copy = "";
  let reached = start;
  for (const span of hidden.toSorted((a, b) => a.start - b.start)) {
    if (span.start < reached || span.end > end) continue;
    copy += text.slice(reached, span.start) + mask(text, span);
    reached = span.end;
  }
  return copy + text.slice(reached, end);
}

function mask(text: string, span: TextSpan | MarkdownBlock): string {
  const length = span.end - span.start;
  if (!("kind" in span)) return " ".repeat(length);
  const block = text.slice(span.start, span.end);
  const isSaying = span.kind === "code" ? wordCharacter.test(block) : hasWords(block);
  // Its beginning is unique, so that each word is found at its own offset.
  const [first, other] = isSaying ? ["\ue000", "\ue001"] : ["+", "|"];
  return first + other.repeat(length - 1);
}

/**
 * Returns a block whole if it fits, else in parts. Each part repeats the fence around it or the column names
 * above it, unless these would take more than half of a passage.
 */
async function splitBlock(
  text: string,
  { kind, start, end, isClosed = false }: MarkdownBlock,
  comments: readonly TextSpan[],
  { chunkSize, breather }: SplitLimits,
): Promise<SectionPart[]> {
  const block = text.slice(start, end);
  const isSaying = kind === "code" ? (said: string) => wordCharacter.test(said) : hasWords;
  if (block.length <= chunkSize) {
    const said = withoutComments(text, { start, end }, comments);
    return isSaying(said) ? [{ start, end, text: said }] : [];
  }
  const frame = frameOf(block, { kind, isClosed }, chunkSize / 2);
  const hasRoom = frame.before.length + frame.after.length <= chunkSize / 2;
  const isFramed = hasRoom && isSaying(block.slice(frame.from, frame.to));
  const { before, after, from, to } = isFramed ? frame : { ...noFrame, to: block.length };
  const room = chunkSize - before.length - after.length;
  const inner = masked(text, { start: start + from, end: start + to }, comments);
  const spans = await spansOf(
    inner,
    { chunkSize: room, chunkOverlap: 0, breather },
    kind === "html" ? htmlSeparators : blockSeparators,
  );
  const saying = spans.filter((span) => isSaying(before + inner.slice(span.start, span.end)));
  let next = 0;
  return saying.map((span, index) => {
    // The splitter removed the first line's indentation.
    const [first, last] = [start + from + span.start, start + from + span.end];
    const indented = lineStart(text, first, start + from);
    const shown = { start: last - indented <= room ? indented : first, end: last };
    while ((comments[next]?.end ?? Infinity) <= shown.start) next += 1;
    return {
      start: index === 0 ? start : shown.start,
      end: index === saying.length - 1 ? end : shown.end,
      text: before + withoutComments(text, shown, comments, next) + after,
    };
  });
}

const blockSeparators = ["\n\n", "\n", " ", ""];
const htmlSeparators = ["<tr", ...blockSeparators];

/** Finds the offsets of the splitter's chunks: it trims them, but changes nothing in them. */
async function spansOf(
  given: string,
  limits: SplitLimits,
  separators = RecursiveCharacterTextSplitter.getSeparatorsForLanguage("markdown"),
): Promise<TextSpan[]> {
  // The splitter recognises no other line end of one character.
  const part = given.replaceAll(/\r(?!\n)/g, "\n");
  if (part.length < limits.chunkSize) {
    // The splitter would return it whole, and takes longer to create than most sections take to read.
    const whole = part.trim();
    const start = firstNonBlank(part, 0);
    return whole === "" ? [] : [{ start, end: start + whole.length }];
  }
  const spans: TextSpan[] = [];
  let reached = 0;
  for (const chunk of await new WholeCharacterSplitter(limits, separators).splitText(part)) {
    // The last match that skips nothing; a later one would be another occurrence of the same text.
    const start = part.lastIndexOf(chunk, firstNonBlank(part, reached));
    reached = start + chunk.length;
    spans.push({ start, end: reached });
  }
  return spans;
}

/**
 * The start of the line whose indentation ends at `index`, but not before `least`; `index` itself in the middle
 * of a line.
 */
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

/** LangChain's splitter, changed so that it never cuts inside a character. */
class WholeCharacterSplitter extends RecursiveCharacterTextSplitter {
  constructor({ chunkSize, chunkOverlap, breather }: SplitLimits, separators: string[]) {
    // Called for each piece; the splitter awaits no other function, so pauses are possible only here.
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
