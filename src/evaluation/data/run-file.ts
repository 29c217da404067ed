import { checkedByTaker, text } from "../../option-rules.ts";
import { requireOptions } from "../../options.ts";
import { formatOf } from "./file-format.ts";
import { jsonLinesOfRun, readJsonLinesRun } from "./json-lines.ts";
import type { Run } from "./run.ts";
import { readTrecRun, trecRunLines } from "./trec-run.ts";
import { writeText } from "./write-text.ts";

/**
 * How a run lies in a file: `"trec"` has lines `query Q0 document rank score tag`, `"jsonl"` has lines
 * `{"query":"q1","id":"d1","score":12.5}`.
 */
export type RunFormat = "trec" | "jsonl";

/** Layout of a run file. */
export interface RunFileOptions {
  /** The layout. @defaultValue by the path's ending: `.run`, `.trec`, `.res` and `.txt` are TREC, `.jsonl` JSON Lines */
  readonly format?: RunFormat | undefined;
}

/** Layout and system name of a run file to write. */
export interface WriteRunOptions extends RunFileOptions {
  /** Names the system in each line of a TREC file. @defaultValue "langchain-rerank" */
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
 * Reads a run. Ranks are not looked at, as in trec_eval: the scores order.
 *
 * @throws RetrievalError `invalid-input` with file, line and what was expected, for the first line that
 * is not as its layout says, whose score is not finite, or whose document the query has already;
 * `invalid-option` where neither ending nor option tells the layout.
 */
export async function readRun(path: string, options: RunFileOptions = {}): Promise<Run> {
  const { format } = requireOptions("readRun", options, { format: checkedByTaker });
  return formatOf(path, format, endings) === "trec" ? readTrecRun(path) : readJsonLinesRun(path);
}

/**
 * Writes a run, each query's documents best first, whole or not at all. JSON Lines keep every id and
 * score as it is. A TREC file is for other tools, which ignore ranks, compare scores in single precision
 * and break ties each in their way: where a query's scores would not fall strictly for them, n to 1 is
 * written in their place, so that every tool sees the order that `evaluate` measures. A query without
 * results has no line.
 *
 * @throws RetrievalError `invalid-input` for what `evaluate` refuses, for ids that the layout cannot
 * hold, and where the folder cannot be written to.
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
