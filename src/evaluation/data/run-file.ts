import { checkedByTaker, text } from "../../option-rules.ts";
import { requireOptions } from "../../options.ts";
import { formatOf } from "./file-format.ts";
import { jsonLinesOfRun, readJsonLinesRun } from "./json-lines.ts";
import type { Run } from "./run.ts";
import { readTrecRun, trecRunLines } from "./trec-run.ts";
import { writeText } from "./write-text.ts";

/**
 * Layout of a run: `"trec"` has lines `query Q0 document rank score tag`, `"jsonl"` has lines
 * `{"query":"q1","id":"d1","score":12.5}`.
 */
export type RunFormat = "trec" | "jsonl";

/** Layout of a run file. */
export interface RunFileOptions {
  /**
   * The layout. @defaultValue by the file extension: `.run`, `.trec`, `.res` and `.txt` are TREC, `.jsonl` JSON
   * Lines
   */
  readonly format?: RunFormat | undefined;
}

/** Layout and system name of a run file to write. */
export interface WriteRunOptions extends RunFileOptions {
  /** Name of the system in each line of a TREC file. @defaultValue "langchain-rerank" */
  readonly tag?: string | undefined;
}

const endings = {
  ".run": "trec",
  ".trec": "trec",
  ".res": "trec",
  ".txt": "trec",
  ".jsonl": "jsonl",
} as const satisfies Record<string, RunFormat>;

/**
 * Reads a run. Scores give the order; ranks are ignored, as in trec_eval.
 *
 * @throws RetrievalError `invalid-input`, with file and line, for the first line that does not match its
 * layout, has a score that is not finite, or repeats a document of its query; `invalid-option` if neither file
 * extension nor option gives the layout.
 */
export async function readRun(path: string, options: RunFileOptions = {}): Promise<Run> {
  const { format } = requireOptions("readRun", options, { format: checkedByTaker });
  return formatOf(path, format, endings) === "trec" ? readTrecRun(path) : readJsonLinesRun(path);
}

/**
 * Writes a run atomically, each query's documents best first. JSON Lines preserve every id and score. TREC
 * files are for other tools, which ignore ranks, compare scores in single precision, and break ties
 * differently. If a query's scores would not strictly decrease for them, the scores n to 1 are written instead,
 * so that every tool sees the order that `evaluate` measures. A query without results has no line.
 *
 * @throws RetrievalError `invalid-input` for anything that `evaluate` refuses, for ids that the layout cannot
 * represent, and if the folder cannot be written to.
 */
export async function writeRun(
  path: string,
  run: Run,
  options: WriteRunOptions = {},
): Promise<void> {
  const { format, tag = "langchain-rerank" } = requireOptions("writeRun", options, {
    format: checkedByTaker,
    tag: text,
  });
  const isTrec = formatOf(path, format, endings) === "trec";
  await writeText(path, isTrec ? trecRunLines(run, tag) : jsonLinesOfRun(run));
}
