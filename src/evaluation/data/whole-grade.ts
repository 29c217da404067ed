import { RetrievalError } from "../../errors.ts";

/** The grade that a field of a TREC or BEIR file holds; undefined where it is not a whole number. */
export function parseWholeGrade(field: string): number | undefined {
  const grade = /^-?\d+$/.test(field) ? Number(field) : Number.NaN;
  return Number.isSafeInteger(grade) ? grade : undefined;
}

/** Returns a grade that these files can hold: other readers would cut 0.5 to 0. */
export function requireWholeGrade(query: string, id: string, grade: number): number {
  if (Number.isSafeInteger(grade)) return grade;
  throw new RetrievalError(
    "invalid-input",
    `Expected the grade of ${JSON.stringify(id)} for query ${JSON.stringify(query)} to be a whole number, got ${grade}: round it, or write JSON Lines (.jsonl).`,
  );
}
