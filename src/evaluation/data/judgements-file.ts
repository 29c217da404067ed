import { checkedByTaker } from "../../option-rules.ts";
import { beirJudgementLines, readBeirJudgements } from "./beir-judgements.ts";
import { requireOptions } from "../../options.ts";
import { formatOf } from "./file-format.ts";
import { jsonLinesOfJudgements, readJsonLinesJudgements } from "./json-lines.ts";
import type { Judgements } from "./judgements.ts";
import { readTrecJudgements, trecJudgementLines } from "./trec-judgements.ts";
import { writeText } from "./write-text.ts";

/**
 * Layout of judgements: `"trec"` has lines `query 0 document grade`, `"beir"` a header and three tab-separated
 * columns, `"jsonl"` lines `{"query":"q1","id":"d1","grade":2}`.
 */
export type JudgementsFormat = "trec" | "beir" | "jsonl";

/** Layout of a judgements file. */
export interface JudgementsFileOptions {
  /**
   * The layout. @defaultValue by the file extension: `.qrels`, `.qrel`, `.trec` and `.txt` are TREC, `.tsv`
   * BEIR, `.jsonl` JSON Lines
   */
  readonly format?: JudgementsFormat | undefined;
}

interface Layout {
  readonly read: (path: string) => Promise<Judgements>;
  readonly lines: (judgements: Judgements) => Iterable<string>;
}

const layouts = {
  trec: { read: readTrecJudgements, lines: trecJudgementLines },
  beir: {
    read: (path) => readBeirJudgements(path, 'pass the format "trec"'),
    lines: beirJudgementLines,
  },
  jsonl: { read: readJsonLinesJudgements, lines: jsonLinesOfJudgements },
} as const satisfies Record<JudgementsFormat, Layout>;

const endings = {
  ".qrels": "trec",
  ".qrel": "trec",
  ".trec": "trec",
  ".txt": "trec",
  ".tsv": "beir",
  ".jsonl": "jsonl",
} as const satisfies Record<string, JudgementsFormat>;

/**
 * Reads judgements.
 *
 * @throws RetrievalError `invalid-input`, with file and line, for the first line that does not match its layout
 * or grades a document twice; `invalid-option` if neither file extension nor option gives the layout.
 */
export async function readJudgements(
  path: string,
  options: JudgementsFileOptions = {},
): Promise<Judgements> {
  const { format } = requireOptions("readJudgements", options, { format: checkedByTaker });
  return layouts[formatOf(path, format, endings)].read(path);
}

/**
 * Writes judgements in their order, atomically. A query without grades has no line.
 *
 * @throws RetrievalError `invalid-input` for ids that the layout cannot represent, for grades that are not
 * finite (TREC, BEIR: not whole), and if the folder cannot be written to.
 */
export async function writeJudgements(
  path: string,
  judgements: Judgements,
  options: JudgementsFileOptions = {},
): Promise<void> {
  const { format } = requireOptions("writeJudgements", options, { format: checkedByTaker });
  await writeText(path, layouts[formatOf(path, format, endings)].lines(judgements));
}
