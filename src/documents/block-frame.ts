import type { MarkdownBlock } from "./markdown-blocks.ts";

/** The text that each part of a block repeats before and after it, and the offsets of the rest. */
export interface Frame {
  readonly before: string;
  readonly after: string;
  readonly from: number;
  readonly to: number;
}

export const noFrame: Omit<Frame, "to"> = { before: "", after: "", from: 0 };

/** The frame of a block's parts; `most` is the length that it should not exceed. */
export function frameOf(
  block: string,
  { kind, isClosed = false }: Pick<MarkdownBlock, "kind" | "isClosed">,
  most: number,
): Frame {
  if (kind === "table") return tableFrame(block);
  return kind === "html" ? htmlFrame(block, most) : codeFrame(block, isClosed, most);
}

/** The tags of a table and its first row, if that has column names; nothing for other HTML. */
function htmlFrame(html: string, most: number): Frame {
  const [ending = ""] =
    /<\/thead\s*>(?:\s*<tbody[^<>]*>)?/i.exec(html) ?? /<\/tr\s*>/i.exec(html) ?? [];
  const from = html.indexOf(ending) + ending.length;
  const closing = html.search(/(?:<\/tbody\s*>\s*)?<\/table\s*>/i);
  const to = closing === -1 ? html.length : closing;
  const [before, after] = [html.slice(0, from), html.slice(to)];
  if (from + after.length > most || !/<th[\s>]/i.test(before))
    return { ...noFrame, to: html.length };
  const [names, tags] = [before, after].map((part) => part.replaceAll(/<!--.*?-->/gs, ""));
  return { before: `${names}\n`, after: `\n${tags}`, from, to };
}

function tableFrame(table: string): Frame {
  const [before = ""] = /^.*[\r\n]+.*(?:\r\n?|\n|$)/.exec(table) ?? [];
  const names = before.replaceAll(/<!--.*?-->/g, "");
  return { before: names, after: "", from: before.length, to: table.length };
}

/**
 * Indented code has no fence; a fence that is never closed is closed in each part. A fence line longer than
 * `most` is reduced to its language.
 */
function codeFrame(code: string, isClosed: boolean, most: number): Frame {
  const [line = "", fence = "", marks, language = ""] =
    /^(.*?(`{3,}|~{3,}))[ \t]*(\S*).*(?:\r\n?|\n|$)/.exec(code) ?? [];
  if (marks === undefined) return { ...noFrame, to: code.length };
  const lastLine = Math.max(code.lastIndexOf("\n"), code.lastIndexOf("\r")) + 1;
  const after = `\n${isClosed ? code.slice(lastLine) : marks}`;
  const openings = [line, `${fence}${language}\n`, `${fence}\n`];
  const before = openings.find(({ length }) => length + after.length <= most) ?? line;
  const to = isClosed ? Math.max(line.length, lastLine - 1) : code.length;
  return { before, after, from: line.length, to };
}
