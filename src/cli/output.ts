import { MultiBar, Presets, type Options, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import picocolors from "picocolors";
import type { DownloadProgress } from "../model/hub-file.ts";
import { renderTrace } from "../retrieval/render-trace.ts";
import { movementOf, placeNameOf } from "../retrieval/trace-words.ts";
import type { RetrievalTrace } from "../retrieval/trace.ts";

/** Colours for a terminal; a log file or a pipe, also of a CI system, gets plain text. */
export const colors: ReturnType<typeof picocolors.createColors> = picocolors.createColors(
  // In a pipe `isTTY` is undefined, which would be taken for: as the environment says.
  process.stdout.isTTY ? picocolors.isColorSupported : false,
);

/** Draws one bar a downloaded file on a terminal, and nothing elsewhere. */
export function progressBars(): (progress: DownloadProgress) => void {
  let bars: MultiBar | undefined;
  const byFile = new Map<string, SingleBar>();
  return ({ model, file, loadedBytes, totalBytes }) => {
    // A host that does not tell the length has no share to draw.
    if (!process.stderr.isTTY || Number.isNaN(totalBytes)) return;
    bars ??= new MultiBar({ ...barLook, format: "{name} |{bar}| {percentage}% of {mb} MB" });
    const key = `${model} ${file}`;
    const bar =
      byFile.get(key) ?? bars.create(totalBytes, 0, { name: key, mb: megabytes(totalBytes) });
    byFile.set(key, bar);
    bar.update(loadedBytes);
    if ([...byFile.values()].every((each) => each.getProgress() >= 1)) bars.stop();
  };
}

/** Draws the progress of indexing on a terminal, and nothing elsewhere. */
export function indexBar(): {
  update: (progress: { readonly done: number; readonly total: number }) => void;
  stop: () => void;
} {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
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

/** Milliseconds as the end of a line of progress: `, 42 s left`, `, 5 min left`; nothing while they are not known. */
export function timeLeft(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100 ? `, ${seconds} s left` : `, ${Math.round(seconds / 60)} min left`;
}

/** A search as a table with its milliseconds, fitted to the terminal, movement in colour. */
export function printTrace(trace: RetrievalTrace): void {
  console.log(colourMoves(renderTrace(trace, "text", { columns: process.stdout.columns })));
}

/** The same places side by side: what the first stage says alone, and what the reranker makes of it. */
export function comparisonTable({ candidates, documents }: RetrievalTrace): string {
  const table = newTable(["#", "first stage alone", "after reranking", "shift"]);
  for (const [index, document] of documents.entries()) {
    const before = candidates[index];
    table.push([
      index + 1,
      before ? placeNameOf(before) : "",
      placeNameOf(document),
      colourMoves(movementOf(document)),
    ]);
  }
  return table.toString();
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export function newTable(head: readonly string[]): InstanceType<typeof Table> {
  const isPlain = !process.stdout.isTTY;
  return new Table({
    head: head.map((title) => colors.bold(title)),
    style: { head: [], border: [], compact: true },
    wordWrap: false,
    ...(isPlain ? { chars: plainBorders } : {}),
  });
}

/** How every progress bar looks. */
export const barLook: Options = {
  ...Presets.shades_classic,
  clearOnComplete: true,
  hideCursor: true,
};

/** Without a terminal a table is columns and spaces, easy to cut and to read aloud. */
const plainBorders = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((name) => [name, name === "middle" ? " " : ""]),
);

function colourMoves(text: string): string {
  return text
    .replaceAll(/↑\d+/g, (rise) => colors.green(rise))
    .replaceAll(/↓\d+/g, (fall) => colors.red(fall));
}
