import type { Grades, Judgements } from "../../src/evaluation/data/judgements.ts";
import type { Run } from "../../src/evaluation/data/run.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** For each query its documents with a grade or a score. */
export type Queries = readonly (readonly [
  query: string,
  documents: readonly (readonly [id: string, value: number])[],
])[];

/** Judgements that throw when they are written to. */
export function judgementsOf(...queries: Queries): Judgements {
  return deepFreeze(new Map(queries.map(([query, grades]) => [query, new Map(grades)])));
}

/** A run that throws when it is written to. */
export function runOf(...queries: Queries): Run {
  return deepFreeze(
    new Map(
      queries.map(([query, scores]) => [query, scores.map(([id, score]) => ({ id, score }))]),
    ),
  );
}

/** Grades of one query that throw when they are written to. */
export function gradesOf(grades: Readonly<Record<string, number>>): Grades {
  return deepFreeze(new Map(Object.entries(grades)));
}
