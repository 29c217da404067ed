import { wholeNumber } from "../option-rules.ts";
import type { Document } from "@langchain/core/documents";
import Table from "cli-table3";
import { provenanceOf } from "../documents/provenance.ts";
import { describe, requireChoice, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { cutEnd } from "../text/cut-text.ts";
import { escapeMarkdown } from "../text/escape-markdown.ts";
import { printable } from "../text/printable.ts";
import { movementOf, sourceNameOf, timesOf } from "./trace-words.ts";
import { renderTraceHtml } from "./render-trace-html.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";

/** Layout of a rendered trace. */
export interface RenderTraceOptions {
  /**
   * Maximum line length in characters, at least 1; sources and first words are cut to it. Below 120, the first
   * words are on a line of their own. @defaultValue sources of at most 200 characters, followed by 44 characters
   * of text
   */
  readonly columns?: number | undefined;
}

const renderTraceOptionRules: OptionRules<RenderTraceOptions> = { columns: wholeNumber(1) };

/**
 * Renders a search: the result with each document's movement and its score in every stage, followed by the
 * times. `text` is for a terminal, `markdown` for a document, `html` is one fragment without scripts or
 * external resources, for notebooks and pages.
 */
export function renderTrace(
  trace: RetrievalTrace,
  format: "text" | "markdown" | "html",
  options: RenderTraceOptions = {},
): string {
  const { columns } = requireOptions("renderTrace", options, renderTraceOptionRules);
  requireChoice("format", format, ["text", "markdown", "html"]);
  requireTrace(trace);
  if (format === "html") return renderTraceHtml(trace);
  const shown = stageColumns.filter(({ of }) =>
    trace.documents.some((document) => of(document) !== undefined),
  );
  const head = ["#", "shift", ...shown.map(({ title }) => title), "source#section", "first words"];
  const isText = format === "text";
  const isNarrow = isText && columns !== undefined && columns < 120;
  const room = isNarrow
    ? { source: Math.max(20, columns - 14 - 9 * shown.length), words: columns - wordsIndent.length }
    : textRoom(isText ? columns : undefined, shown.length);
  const textCell = (text: string, most: number): string => {
    const cell = cutEnd(printable(text), most);
    return isText ? cell : escapeMarkdown(cell);
  };
  const rows = trace.documents.map((document, index) => [
    String(index + 1),
    movementOf(document),
    ...shown.map(({ of }) => of(document) ?? "-"),
    textCell(sourceNameOf(document), room.source),
    textCell(firstWords(document.pageContent), room.words),
  ]);
  if (isNarrow) return `${narrowTable(head, rows)}\n${printable(timesOf(trace))}`;
  if (isText) return `${textTable(head, rows)}\n${printable(timesOf(trace))}`;
  return `${markdownTable(head, rows)}\n\n${escapeMarkdown(timesOf(trace))}`;
}

function requireTrace(trace: RetrievalTrace): void {
  const { documents, stages }: { readonly documents?: unknown; readonly stages?: unknown } =
    Object(trace);
  if (Array.isArray(documents) && Array.isArray(stages)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`trace\` to be a trace from \`search\` of a TwoStageRetriever, got ${describe(trace)}.`,
  );
}

interface StageColumn {
  readonly title: string;
  readonly of: (document: Document) => string | undefined;
}

/** One column for each stage that scored documents, in the order of the stages. */
const stageColumns: readonly StageColumn[] = [
  { title: "cosine", of: (document) => provenanceOf(document).dense?.score.toFixed(3) },
  { title: "bm25", of: (document) => provenanceOf(document).lexical?.score.toFixed(2) },
  { title: "fused", of: (document) => provenanceOf(document).fused?.score.toFixed(4) },
  {
    title: "rerank",
    of: (document) => {
      const { rerank } = provenanceOf(document);
      return rerank?.scored === true ? rerank.score.toFixed(3) : undefined;
    },
  },
  { title: "blended", of: (document) => provenanceOf(document).blended?.score.toFixed(3) },
];

function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: noBorders,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const wordsIndent = "     ";

/** Puts the last column on lines of its own. */
function narrowTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = textTable(
    head.slice(0, -1),
    rows.map((row) => row.slice(0, -1)),
  );
  const [first = "", ...others] = table.split("\n");
  const words = rows.map((row) => `${wordsIndent}${row.at(-1)}`);
  return [first, ...others.flatMap((line, index) => [line, words[index] ?? ""])].join("\n");
}

/** Columns separated by spaces: easy to process with text tools, and to read aloud. */
const noBorders = Object.fromEntries(
  ["top", "bottom", "left", "mid", "right"]
    .flatMap((name) => [name, `${name}-mid`, `${name}-left`, `${name}-right`, "mid-mid"])
    .map((name) => [name, ""]),
);

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The beginning of the text after headings and fences, on one line. */
function firstWords(text: string): string {
  return text
    .replaceAll(/^(#+ .*|```.*)$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Number of characters that the numbers of a row leave for its texts. */
function textRoom(
  columns: number | undefined,
  stages: number,
): { readonly source: number; readonly words: number } {
  if (columns === undefined) return { source: Infinity, words: 44 };
  const room = columns - 16 - 9 * stages;
  const source = Math.floor(room * 0.6);
  return { source, words: room - source };
}
