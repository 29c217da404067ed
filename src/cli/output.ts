import type { Document } from "@langchain/core/documents";
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import colors from "picocolors";
import { provenanceOf } from "../documents/provenance.ts";
import type { DownloadProgress } from "../model/hub-file.ts";
import type { SearchResult } from "./two-stage-search.ts";

/** Draws one bar a downloaded file on a terminal, and nothing elsewhere. */
export function progressBars(): (progress: DownloadProgress) => void {
  let bars: MultiBar | undefined;
  const byFile = new Map<string, SingleBar>();
  return ({ model, file, loadedBytes, totalBytes }) => {
    if (!process.stderr.isTTY) return;
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
    format: "indexing |{bar}| {value}/{total} passages, {eta_formatted} left",
  });
  let bar: SingleBar | undefined;
  return {
    update({ done, total }) {
      bar ??= bars.create(total, done);
      bar.update(done);
    },
    stop: () => bars.stop(),
  };
}

/** The ranked documents as a table: place, movement, scores, where from, first words. */
export function rankingTable(documents: readonly Document[], isReranked: boolean): string {
  const scores = isReranked ? ["cosine", "rerank"] : ["cosine"];
  const table = newTable([
    "#",
    ...(isReranked ? ["shift"] : []),
    ...scores,
    "source#section",
    "first words",
  ]);
  const room = textRoom();
  for (const document of documents) {
    const { rank, rankShift, dense, rerank } = provenanceOf(document);
    table.push([
      rank,
      ...(isReranked ? [shiftMark(rankShift ?? 0)] : []),
      dense?.score.toFixed(3) ?? "",
      ...(isReranked ? [rerank?.scored === true ? rerank.score.toFixed(3) : "-"] : []),
      cut(placeOf(document), room.place),
      cut(firstWords(document.pageContent), room.words),
    ]);
  }
  return table.toString();
}

/** The same places side by side: what the first stage says alone, and what the reranker makes of it. */
export function comparisonTable({ candidates, reranked }: SearchResult): string {
  const table = newTable(["#", "first stage alone", "after reranking", "shift"]);
  for (const [index, document] of reranked.entries()) {
    const before = candidates[index];
    table.push([
      index + 1,
      before ? placeOf(before) : "",
      placeOf(document),
      shiftMark(provenanceOf(document).rankShift ?? 0),
    ]);
  }
  return table.toString();
}

/** One line: milliseconds of each stage, and the share that reranking added. */
export function timingLine({ milliseconds, candidates }: SearchResult): string {
  const { retrieve, rerank } = milliseconds;
  const share = Math.round((100 * rerank) / (retrieve + rerank || 1));
  const first = `retrieving ${candidates.length} candidates ${retrieve.toFixed(0)} ms`;
  return rerank === 0
    ? first
    : `${first}, reranking ${rerank.toFixed(0)} ms (${share} % of ${(retrieve + rerank).toFixed(0)} ms)`;
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

const barLook = { ...Presets.shades_classic, clearOnComplete: true, hideCursor: true } as const;

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

function shiftMark(shift: number): string {
  if (shift > 0) return colors.green(`↑${shift}`);
  return shift < 0 ? colors.red(`↓${-shift}`) : "=";
}

function placeOf({ metadata }: Document): string {
  const section = metadata["section"] ? `#${metadata["section"]}` : "";
  return `${metadata["source"] ?? ""}${section}`;
}

/** The beginning of the text behind its headings, on one line. */
function firstWords(text: string): string {
  return text
    .replaceAll(/^(#+ .*|```.*)$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Characters that a row has for its texts, so that it fits the terminal; elsewhere places are whole. */
function textRoom(): { readonly place: number; readonly words: number } {
  const { columns } = process.stdout;
  if (columns === undefined) return { place: Infinity, words: 44 };
  const room = Math.max(30, columns - 42);
  const place = Math.floor(room * 0.6);
  return { place, words: room - place };
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
