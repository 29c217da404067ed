import type { Judgements } from "./judgements.ts";
import { LineFields } from "./line-fields.ts";
import { lineBlocks } from "./line-blocks.ts";
import { requireTrecField } from "./trec-field.ts";
import { ValuesByQuery, parseWholeGrade, requireWholeGrade } from "./values-by-query.ts";

/** Reads judgements from lines `query 0 document grade`; ignores the second field, as trec_eval does. */
export async function readTrecJudgements(path: string): Promise<Judgements> {
  const lines = new LineFields(path, "query 0 document grade");
  const grades = new ValuesByQuery();
  for await (const block of lineBlocks(path)) {
    lines.read(block);
    while (lines.advance()) {
      const grade = parseWholeGrade(lines.field(3));
      if (grade === undefined) throw lines.error("a whole number as the fourth field, the grade");
      if (!grades.add(lines.field(0), lines.field(2), grade)) {
        throw lines.error("each document once per query");
      }
    }
  }
  return grades.values;
}

export function* trecJudgementLines(judgements: Judgements): Generator<string> {
  for (const [query, grades] of judgements) {
    for (const [id, grade] of grades) {
      requireWholeGrade(query, id, grade);
      yield `${requireTrecField("query", query)} 0 ${requireTrecField("document", id)} ${grade}\n`;
    }
  }
}
