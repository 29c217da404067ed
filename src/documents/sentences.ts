import { markdownLines } from "./markdown-lines.ts";
import { markdownSections } from "./markdown-sections.ts";

/** Part of a text: offsets in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** The sentences that stand under a heading. */
export interface SentenceSection {
  /** The heading, with those directly above it; none before the first one. */
  readonly heading: TextSpan | undefined;
  readonly sentences: readonly TextSpan[];
}

/**
 * The sentences of a Markdown or plain text, section by section, in their order and without the blanks
 * around them. Fenced code and a table are one sentence each; a list item begins one. Where it is not
 * clear whether a sentence ends, as behind `U.S.`, it goes on. What has no letter and no digit is none.
 */
export function splitSentences(text: string): SentenceSection[] {
  return markdownSections(text).map(({ start, bodyStart, end }) => ({
    heading: bodyStart > start ? trimmed(text, { start, end: bodyStart }) : undefined,
    sentences: blocksOf(text, { start: bodyStart, end })
      .flatMap((block) => (block.kind === "text" ? sentencesOf(text, block) : [block]))
      .filter((span) => wordCharacter.test(text.slice(span.start, span.end)))
      .map((span) => trimmed(text, span)),
  }));
}

interface Block extends TextSpan {
  readonly kind: "text" | "table" | `code ${number}`;
}

const tableRow = /^ {0,3}\|/;
const listItem = /^\s*(?:[-*+•]|\d{1,9}[.)])\s/;

/** Paragraphs, list items, tables and fenced code. */
function blocksOf(text: string, { start, end }: TextSpan): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const line of markdownLines(text.slice(start, end))) {
    const kind = kindOf(line.text, line.fence);
    if (kind === "text" && !wordCharacter.test(line.text)) {
      open = undefined;
      continue;
    }
    const continues = open?.kind === kind && !(kind === "text" && listItem.test(line.text));
    const from = start + line.start;
    if (open && continues) blocks.pop();
    open = { kind, start: open && continues ? open.start : from, end: from + line.text.length };
    blocks.push(open);
  }
  return blocks;
}

function kindOf(line: string, fence: number | undefined): Block["kind"] {
  if (fence !== undefined) return `code ${fence}`;
  return tableRow.test(line) ? "table" : "text";
}

// Any locale breaks as this one does; the machine's own could not be relied on.
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** By Unicode's rules, which know neither abbreviations nor Markdown: some of their boundaries go, some move. */
function sentencesOf(text: string, { start, end }: TextSpan): TextSpan[] {
  // A line end would be the end of a sentence to them.
  const paragraph = text.slice(start, end).replaceAll(/[\r\n]/g, " ");
  const spans: TextSpan[] = [];
  let from = 0;
  for (const { index, segment } of segmenter.segment(paragraph)) {
    const to = boundaryAt(paragraph, index + segment.length);
    if (to === undefined || to <= from || isUnfinished(paragraph.slice(from, to))) continue;
    spans.push({ start: start + from, end: start + to });
    from = to;
  }
  if (from < paragraph.length) spans.push({ start: start + from, end });
  return spans;
}

/** Where a sentence ends that Unicode's rules end at `index`; marks such as `**` or `[1]` belong to it. */
function boundaryAt(paragraph: string, index: number): number | undefined {
  if (sentenceEnd.test(paragraph.slice(Math.max(0, index - 8), index))) return index;
  const marks = /[^\s\p{L}]*(?=\s|$)/uy;
  marks.lastIndex = index;
  return marks.test(paragraph) ? marks.lastIndex : undefined;
}

const wordCharacter = /[\p{L}\p{N}]/u;
const letter = /\p{L}/u;
/** A blank, or a full stop of the scripts that write none, with what closes behind it. */
const sentenceEnd = /(?:\s|[。！？｡][\p{Pe}\p{Pf}"']*)$/u;
/** A single letter, as in `U.S.` and `J. Doe`, or what stands before a name or a number. */
const abbreviation =
  /(?<![\p{L}\p{N}])(?:\p{L}|mrs?|ms|dr|prof|figs?|eqs?|vol|pp|cf|vs|approx|al|viz)\.\s*$/iu;

/** Such as `1.` at the beginning of a list item, and what ends in an abbreviation. */
function isUnfinished(sentence: string): boolean {
  return !letter.test(sentence) || abbreviation.test(sentence);
}

function trimmed(text: string, { start, end }: TextSpan): TextSpan {
  const part = text.slice(start, end);
  const blanks = part.length - part.trimStart().length;
  return { start: start + blanks, end: start + blanks + part.trim().length };
}
