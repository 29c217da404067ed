import { RetrievalError } from "../../errors.ts";

/** A number for each document of each query, collected line by line. */
export class ValuesByQuery {
  readonly values: Map<string, Map<string, number>> = new Map();

  /** Adds a number; returns `false` if the query has one for the document already. */
  add(query: string, id: string, value: number): boolean {
    let ofQuery = this.values.get(query);
    if (!ofQuery) this.values.set(query, (ofQuery = new Map()));
    const isNew = !ofQuery.has(id);
    ofQuery.set(id, value);
    return isNew;
  }
}

/** Returns a finite score or grade, else throws `invalid-input` with its query and document. */
export function requireFinite(
  name: "score" | "grade",
  value: unknown,
  { query, id }: { readonly query: string; readonly id: string },
): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new RetrievalError(
    "invalid-input",
    `Expected the ${name} of ${JSON.stringify(id)} for query ${JSON.stringify(query)} to be a finite number, got ${got}.`,
  );
}

/** The grade in a field of a TREC or BEIR file; `undefined` if it is not a whole number. */
export function parseWholeGrade(field: string): number | undefined {
  const grade = /^-?\d+$/.test(field) ? Number(field) : Number.NaN;
  return Number.isSafeInteger(grade) ? grade : undefined;
}

/** Returns a grade that these files can hold: other readers would truncate 0.5 to 0. */
export function requireWholeGrade(query: string, id: string, grade: number): number {
  if (Number.isSafeInteger(grade)) return grade;
  throw new RetrievalError(
    "invalid-input",
    `Expected the grade of ${JSON.stringify(id)} for query ${JSON.stringify(query)} to be a whole number, got ${grade}: round it, or write JSON Lines (.jsonl).`,
  );
}
