import type { Document } from "@langchain/core/documents";
import { provenanceOf } from "../documents/provenance.ts";
import { cutMiddle } from "../text/cut-text.ts";
import { escapeHtml } from "../text/escape-html.ts";
import { printable } from "../text/printable.ts";
import { movementOf, sourceNameOf, timesOf } from "./trace-words.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";

const rowHeight = 26;
const [width, leftEnd, rightStart] = [760, 330, 410];
const colours = { up: "#1a7f37", down: "#cf222e", same: "#8c959f" } as const;

/**
 * Draws the first-stage ranking on the left, the result on the right, and lines between the ranks of each
 * document. One fragment with inline styles, in the page's own colour and font; all texts are escaped.
 */
export function renderTraceHtml(trace: RetrievalTrace): string {
  const { query, documents } = trace;
  const firstRanks = documents.map((document, index) => firstRankOf(document, index + 1));
  const shownBefore = [...new Set(firstRanks)].toSorted((a, b) => a - b);
  const before = shownBefore.map((rank, row) =>
    label(leftEnd - 8, row, `${short(nameAt(trace, rank))} ${rank}`, "end"),
  );
  const after = documents.map((document, row) =>
    label(
      rightStart + 8,
      row,
      `${row + 1} ${short(sourceNameOf(document))} ${movementOf(document)}`,
      "start",
    ),
  );
  const lines = documents.map((document, row) => {
    const from = shownBefore.indexOf(firstRanks[row] ?? 0);
    const { rankShift = 0 } = provenanceOf(document);
    const colour = rankShift > 0 ? colours.up : rankShift < 0 ? colours.down : colours.same;
    return `<line x1="${leftEnd}" y1="${middleOf(from)}" x2="${rightStart}" y2="${middleOf(row)}" stroke="${colour}" stroke-width="2"/>`;
  });
  const height = rowHeight * (documents.length + 1);
  const caption = `First stage on the left, result on the right: ${documents.length} documents.`;
  return [
    '<figure style="margin:1em 0;max-width:760px;color:inherit;font:inherit">',
    `<figcaption style="font-weight:bold">${oneLine(query)}</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="${oneLine(caption)}" font-size="13" fill="currentColor">`,
    label(leftEnd - 8, -1, "first stage", "end"),
    label(rightStart + 8, -1, "result", "start"),
    ...before,
    ...after,
    ...lines,
    "</svg>",
    `<p style="font-size:smaller">${oneLine(timesOf(trace))}</p>`,
    "</figure>",
  ].join("\n");
}

function firstRankOf(document: Document, otherwise: number): number {
  const { rank = otherwise, rankShift = 0 } = provenanceOf(document);
  return rank + rankShift;
}

function nameAt({ candidates }: RetrievalTrace, rank: number): string {
  const document = candidates[rank - 1];
  return document ? sourceNameOf(document) : "";
}

function middleOf(row: number): number {
  return rowHeight * (row + 1) + rowHeight / 2;
}

function label(x: number, row: number, text: string, anchor: "start" | "end"): string {
  return `<text x="${x}" y="${middleOf(row) + 4}" text-anchor="${anchor}">${oneLine(text)}</text>`;
}

/** Shortens a name in the middle, because its end tells sections apart. */
function short(name: string): string {
  return cutMiddle(name, 14, 27);
}

/** Removes line breaks: in Markdown, a blank line would end the fragment. */
function oneLine(text: string): string {
  return escapeHtml(printable(text));
}
