import { RetrievalError } from "../../errors.ts";
import { badLine } from "./bad-line.ts";
import type { Judgements } from "./judgements.ts";
import { forEachLine } from "./line-blocks.ts";
import { ValuesByQuery, parseWholeGrade, requireWholeGrade } from "./values-by-query.ts";

const header = "query-id\tcorpus-id\tscore";
/** BEIR reads these files as CSV, where a leading quotation mark begins a quoted field. */
const fieldPattern = /^[^"\t\r\n\p{Surrogate}][^\t\r\n\p{Surrogate}]*$/u;

/**
 * Reads judgements in BEIR's layout: a header, then tab-separated query, document and grade. `trecHint` says what to do with
 * a file in the layout of TREC.
 */
export async function readBeirJudgements(
  path: string,
  trecHint = 'convert it with readJudgements(path, { format: "trec" }) and writeJudgements',
): Promise<Judgements> {
  const grades = new ValuesByQuery();
  let isHeader = true;
  await forEachLine(path, (text, line) => {
    const refuse = (expected: string): RetrievalError => badLine({ path, line, text }, expected);
    if (isHeader) {
      if (text !== header)
        throw refuse(`the header ${JSON.stringify(header)}${hintAt(text, trecHint)}`);
      isHeader = false;
      return;
    }
    const fields = text.split("\t");
    const [query = "", id = "", score = ""] = fields;
    const grade = parseWholeGrade(score);
    if (fields.length !== 3 || !fieldPattern.test(query) || !fieldPattern.test(id)) {
      throw refuse("query-id, corpus-id and score, unquoted and separated by tabs");
    }
    if (grade === undefined) throw refuse("a whole number as the score");
    if (!grades.add(query, id, grade)) throw refuse("each document once per query");
  });
  return grades.values;
}

/** MS MARCO publishes judgements of TREC's layout as `.tsv`. */
function hintAt(firstLine: string, hint: string): string {
  return /^\S+\s+\S+\s+\S+\s+-?\d+\s*$/.test(firstLine)
    ? ` (if this file has the layout of TREC, ${hint})`
    : "";
}

export function* beirJudgementLines(judgements: Judgements): Generator<string> {
  yield `${header}\n`;
  for (const [query, grades] of judgements) {
    for (const [id, grade] of grades) {
      requireWholeGrade(query, id, grade);
      yield `${requireField(query)}\t${requireField(id)}\t${grade}\n`;
    }
  }
}

function requireField(id: string): string {
  if (fieldPattern.test(id)) return id;
  throw new RetrievalError(
    "invalid-input",
    `Expected the id ${JSON.stringify(id)} to contain no tab or line end and not to start with a quotation mark: rename it, or write JSON Lines (.jsonl).`,
  );
}
