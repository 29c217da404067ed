export interface MarkdownLine {
  readonly text: string;
  /** Offset in the whole text, in UTF-16 units. */
  readonly start: number;
  /** Where the fence stands that opened the code block which this line belongs to, its fences included. */
  readonly fence: number | undefined;
}

/**
 * The lines of a Markdown text, and which of them are fenced code.
 *
 * @see CommonMark 0.31, section 4.5
 */
export function* markdownLines(text: string): Generator<MarkdownLine, void, undefined> {
  let fence: { readonly start: number; readonly marks: string } | undefined;
  for (const { 0: line, index: start } of text.matchAll(/(?<![^\n])[^\n]*/g)) {
    const isInside = fence !== undefined;
    const [, marks] = isInside || !mayBeFence.test(line) ? [] : (openingFence.exec(line) ?? []);
    if (marks !== undefined) fence = { start, marks };
    yield { text: line, start, fence: fence?.start };
    if (isInside && fence && closes(line, fence.marks)) fence = undefined;
  }
}

/** Tells most lines from a fence without a match of their own. */
const mayBeFence = /^ {0,3}[`~]{3}/;

/** Three marks or more; behind backticks no other backtick, which would make it code in a line. */
const openingFence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/** A fence is closed by at least as many of its own marks, with nothing behind them. */
function closes(line: string, fence: string): boolean {
  const [, marks = ""] = /^ {0,3}(`+|~+)\s*$/.exec(line) ?? [];
  return marks.length >= fence.length && marks.charAt(0) === fence.charAt(0);
}
