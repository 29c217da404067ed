import { badLine } from "./bad-line.ts";
import type { RetrievalError } from "../../errors.ts";
import { requireFinite, ValuesByQuery } from "./values-by-query.ts";
import type { Judgements } from "./judgements.ts";
import { forEachLine } from "./line-blocks.ts";
import { rankEntries } from "./ranking.ts";
import type { Run } from "./run.ts";

/** Reads a run from lines `{"query":"q1","id":"d1","score":12.5}`. */
export async function readJsonLinesRun(path: string): Promise<Run> {
  const scores = await readValues(path, "score");
  return new Map(
    [...scores].map(([query, ofQuery]) => [
      query,
      Array.from(ofQuery, ([id, score]) => ({ id, score })),
    ]),
  );
}

/** Reads judgements from lines `{"query":"q1","id":"d1","grade":2}`. */
export async function readJsonLinesJudgements(path: string): Promise<Judgements> {
  return readValues(path, "grade");
}

/** Writes ids and scores unchanged; best first. */
export function* jsonLinesOfRun(run: Run): Generator<string> {
  for (const [query, entries] of run) {
    for (const { id, score } of rankEntries(query, entries)) {
      yield `${JSON.stringify({ query, id, score })}\n`;
    }
  }
}

export function* jsonLinesOfJudgements(judgements: Judgements): Generator<string> {
  for (const [query, grades] of judgements) {
    for (const [id, grade] of grades) {
      requireFinite("grade", grade, { query, id });
      yield `${JSON.stringify({ query, id, grade })}\n`;
    }
  }
}

/** Calls `visit` with the object on each line; `refuse` creates the error for a line that does not match. */
export async function forEachJsonLine(
  path: string,
  visit: (
    row: Readonly<Record<string, unknown>>,
    refuse: (expected: string) => RetrievalError,
  ) => void,
): Promise<void> {
  await forEachLine(path, (text, line) => {
    const refuse = (expected: string, cause?: unknown): RetrievalError =>
      badLine({ path, line, text }, expected, { cause });
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (cause) {
      throw refuse("a JSON object", cause);
    }
    if (!isObject(row)) throw refuse("a JSON object");
    visit(row, refuse);
  });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readValues(
  path: string,
  name: "score" | "grade",
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const rows = new ValuesByQuery();
  await forEachJsonLine(path, (row, refuse) => {
    const { query, id, [name]: value } = row;
    if (typeof query !== "string" || typeof id !== "string" || !isFiniteNumber(value)) {
      throw refuse(`the strings "query" and "id", and the number "${name}"`);
    }
    if (!rows.add(query, id, value)) throw refuse("each document once per query");
  });
  return rows.values;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
