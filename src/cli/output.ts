import { availableParallelism, cpus } from "node:os";
import { MultiBar, Presets, type Options, type SingleBar } from "cli-progress";
import type { Document } from "@langchain/core/documents";
import { provenanceOf } from "../documents/provenance.ts";
import type { DownloadProgress } from "../model/files/hub-file.ts";
import { renderTrace } from "../retrieval/render-trace.ts";
import { movementOf, sourceNameOf } from "../retrieval/trace-words.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import { printable } from "../text/printable.ts";
import {
  bold,
  green,
  paragraph,
  print,
  printAside,
  red,
  Shown,
  shown,
  tableOf,
} from "./terminal.ts";

/** Prints a progress line every half minute: without a terminal, silence would look like a hang. */
export function progressLines(): (line: () => Shown) => void {
  let last = performance.now();
  return (line) => {
    if (performance.now() - last < betweenLinesMs) return;
    last = performance.now();
    printAside(line());
  };
}

const betweenLinesMs = 30_000;

/** Shows one bar per downloaded file on a terminal, and prints occasional lines elsewhere. */
export function progressBars(): (progress: DownloadProgress) => void {
  let bars: MultiBar | undefined;
  const byFile = new Map<string, SingleBar>();
  const say = progressLines();
  return ({ model, file, loadedBytes, totalBytes }) => {
    if (!process.stderr.isTTY) {
      say(() => shown`${model} ${file}: ${megabytes(loadedBytes)} MB`);
      return;
    }
    // Without a known length, there is no percentage to show.
    if (Number.isNaN(totalBytes)) return;
    bars ??= new MultiBar({ ...barLook, format: "{name} |{bar}| {percentage}% of {mb} MB" });
    const key = `${model} ${file}`;
    const bar =
      byFile.get(key) ??
      bars.create(totalBytes, 0, { name: printable(key), mb: megabytes(totalBytes) });
    byFile.set(key, bar);
    bar.update(loadedBytes);
    if ([...byFile.values()].every((each) => each.getProgress() >= 1)) bars.stop();
  };
}

/** Shows the progress of indexing: as a bar on a terminal, as occasional lines elsewhere. */
export function indexBar(): {
  update: (progress: { readonly done: number; readonly total: number }) => void;
  stop: () => void;
} {
  if (!process.stderr.isTTY) {
    const say = progressLines();
    const update = ({ done, total }: { readonly done: number; readonly total: number }): void =>
      say(() => shown`indexing: ${done} of ${total} passages`);
    return { update, stop: () => undefined };
  }
  const bars = new MultiBar({
    ...barLook,
    format: "indexing |{bar}| {value}/{total} passages{left}",
  });
  let bar: SingleBar | undefined;
  let begun: { readonly at: number; readonly done: number } | undefined;
  return {
    update({ done, total }) {
      const now = performance.now();
      begun ??= { at: now, done };
      const msEach = (now - begun.at) / (done - begun.done);
      const left = { left: timeLeft(msEach * (total - done)) };
      bar ??= bars.create(total, done, left);
      bar.update(done, left);
    },
    stop: () => bars.stop(),
  };
}

/** Milliseconds as the end of a progress line: `, 42 s left`, `, 5 min left`; empty if unknown. */
export function timeLeft(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100 ? `, ${seconds} s left` : `, ${Math.round(seconds / 60)} min left`;
}

/** Prints a search as a table that fits the terminal, with its times, coloured movements, and a legend. */
export function printTrace(trace: RetrievalTrace): void {
  const table = renderTrace(trace, "text", { columns: process.stdout.columns });
  print(colourMoves(table));
  const best = Math.max(...trace.documents.map(relevanceOf));
  if (best === -Infinity) return;
  print(shown`shift: ranks gained by reranking; rerank: relevance from 0 to 1`);
  if (best >= doubtful) return;
  print(
    shown`No passage has a relevance above ${best.toFixed(3)}, so perhaps none answers the question. Pass --score-threshold to \`search\` or \`ask\` to omit passages of low relevance.`,
  );
}

export const nothingRelevant: Shown = shown`No passage reaches --score-threshold.`;

/** Scores that the bundled rerankers give to passages unrelated to a question are below this. */
const doubtful = 0.1;

function relevanceOf(document: Document): number {
  const { rerank } = provenanceOf(document);
  return rerank?.scored === true ? rerank.score : -Infinity;
}

/** Prints passages in full, each with its number and source. */
export function printTexts({ documents }: RetrievalTrace): void {
  for (const [index, document] of documents.entries()) {
    print(shown`\n${bold(`${index + 1}  ${sourceNameOf(document)}`)}`);
    print(paragraph(`  ${document.pageContent}`));
  }
}

/** Explains the columns of a comparison. */
export const comparisonLegend: Shown = shown`first stage alone: the order without reranking; shift: ranks that the reranked passage gained (↑) or lost (↓)`;

/** The first-stage ranking beside the reranked one. */
export function comparisonTable({ candidates, documents }: RetrievalTrace): Shown {
  const rows = documents.map((document, index) => {
    const before = candidates[index];
    const movement = colourMoves(movementOf(document));
    return [index + 1, before && sourceNameOf(before), sourceNameOf(document), movement];
  });
  return tableOf(["#", "first stage alone", "after reranking", "shift"], rows);
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** The style of all progress bars. */
export const barLook: Options = {
  ...Presets.shades_classic,
  clearOnComplete: true,
  hideCursor: true,
};

/** Colours the movements in a text that is safe to print. */
function colourMoves(text: string): Shown {
  return new Shown(
    text
      .replaceAll(/↑\d+/g, (rise) => green(rise).toString())
      .replaceAll(/↓\d+/g, (fall) => red(fall).toString()),
  );
}

/** The command as it was called, for a report. */
export function commandLine(): string {
  return ["langchain-rerank", ...process.argv.slice(2)].join(" ");
}

/** The processor, the number of available cores, and the version of Node.js. */
export function machineWords(): string {
  return `${processorWords()}, Node.js ${process.version} on ${process.platform}/${process.arch}`;
}

export function processorWords(): string {
  return `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
}
