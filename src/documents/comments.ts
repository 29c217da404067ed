import type { Steps } from "../breather.ts";
import type { MarkdownBlock, TextSpan } from "./markdown-blocks.ts";

/**
 * The HTML comments of a Markdown text outside code, in order: whole blocks, and comments inside text. A
 * comment that is never closed is text.
 */
export function* commentSteps(text: string, blocks: readonly MarkdownBlock[]): Steps<TextSpan[]> {
  if (!text.includes("<!--")) return [];
  const found: TextSpan[] = [];
  let from = 0;
  for (const { kind, start, end } of blocks) {
    yield;
    yield* addFromParagraphs(found, text, { start: from, end: start });
    from = Math.max(from, end);
    if (kind === "comment") found.push({ start, end });
    else if (kind === "html") addFrom(found, text, { start, end }, rawHtml);
    else if (kind === "heading" || kind === "table") {
      yield* addFromParagraphs(found, text, { start, end }, kind);
    }
  }
  yield* addFromParagraphs(found, text, { start: from, end: text.length });
  return found;
}

/** The text from `start` to `end` without these comments; the first comment may begin after `start`. */
export function withoutComments(
  text: string,
  { start, end }: TextSpan,
  comments: readonly TextSpan[],
  first = 0,
): string {
  let kept = "";
  let from = start;
  for (let index = first; index < comments.length; index += 1) {
    const comment = comments[index];
    if (!comment || comment.start >= end) break;
    if (comment.end <= start) continue;
    kept += text.slice(from, Math.max(from, comment.start));
    from = Math.min(end, comment.end);
  }
  return kept + text.slice(from, end);
}

/** In paragraphs, code between backticks and escaped characters may look like a comment. */
const inParagraph = /\\[\\`<]|`+|<!--/g;
const rawHtml = /<!--/g;
/** Inline code does not continue after a blank line, or into another list item. */
const paragraphStart = /^[ \t>]*(?:$|(?:[-*+]|\d{1,9}[.)])[ \t])/;

function* addFromParagraphs(
  found: TextSpan[],
  text: string,
  { start, end }: TextSpan,
  kind: "paragraphs" | "heading" | "table" = "paragraphs",
): Steps<void> {
  let from = start;
  for (const { 0: line, index } of text.slice(start, end).matchAll(/[^\r\n]+|\r\n?|\n/g)) {
    yield;
    // A blank line is a line end at the beginning of a line.
    const isBlank = /^[\r\n]/.test(line) && /[\r\n]/.test(text.charAt(start + index - 1));
    if (index === 0 || !(kind === "table" || isBlank || paragraphStart.test(line))) continue;
    addFrom(found, text, { start: from, end: start + index }, inParagraph);
    from = start + index;
  }
  addFrom(found, text, { start: from, end }, inParagraph);
}

function addFrom(found: TextSpan[], text: string, { start, end }: TextSpan, marks: RegExp): void {
  const part = text.slice(start, end);
  if (!part.includes("<!--")) return;
  const lastRuns = new Map(
    Array.from(part.matchAll(/`+/g), ({ 0: run, index }) => [run.length, index]),
  );
  const pattern = new RegExp(marks);
  for (let mark = pattern.exec(part); mark; mark = pattern.exec(part)) {
    const [opening] = mark;
    if (opening === "<!--") {
      const closing = part.indexOf("-->", mark.index + 2);
      if (closing === -1) return;
      pattern.lastIndex = closing + 3;
      found.push({ start: start + mark.index, end: start + pattern.lastIndex });
    } else if (opening.startsWith("`") && (lastRuns.get(opening.length) ?? 0) > mark.index) {
      pattern.lastIndex = endOfRun(part, pattern.lastIndex, opening.length);
    }
  }
}

/** The end of the next run of this many backticks, which must exist. */
function endOfRun(text: string, from: number, length: number): number {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) {
    if (run[0].length === length) break;
  }
  return runs.lastIndex === 0 ? text.length : runs.lastIndex;
}
