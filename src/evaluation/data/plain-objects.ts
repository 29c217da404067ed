import { isPlain } from "../../documents/plain-object.ts";
import { describe, requireStrings, RetrievalError } from "../../errors.ts";
import { requireFinite } from "./values-by-query.ts";
import type { Judgements } from "./judgements.ts";
import { entriesOfRanking, rankEntries } from "./ranking.ts";
import type { Run, RunEntry } from "./run.ts";

/** One query's results: ids, best first, or a score for each id. */
export type PlainResults = readonly string[] | Readonly<Record<string, number>>;

/**
 * Creates a run from a plain object. For each query it has either ids, best first, or an object of scores by
 * id. Ids get the scores n to 1, so that their order is kept: use ids for a ranking with tied scores, such as a
 * reranker's.
 *
 * @throws RetrievalError `invalid-input` if results are neither, repeat an id, or have a score that is not
 * finite.
 */
export function runFrom(results: Readonly<Record<string, PlainResults>>): Run {
  return new Map(
    Object.entries(requireObject("an object of results by query", results)).map(
      ([query, found]) => [query, entriesFrom(query, found)],
    ),
  );
}

/**
 * Creates judgements from a plain object such as `{ q1: { d1: 2, d2: 0 } }`.
 *
 * @throws RetrievalError `invalid-input` for a grade that is not a finite number.
 */
export function judgementsFrom(
  grades: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Judgements {
  return new Map(
    Object.entries(requireObject("an object of grades by query", grades)).map(([query, judged]) => [
      query,
      new Map(
        Object.entries(requireObject("grades by id", judged, query)).map(
          ([id, grade]) => [id, requireFinite("grade", grade, { query, id })] as const,
        ),
      ),
    ]),
  );
}

function entriesFrom(query: string, found: PlainResults): RunEntry[] {
  if (isRanking(found)) {
    requireStrings(query, found);
    return rankEntries(query, entriesOfRanking(found));
  }
  const scores = requireObject("ids, best first, or scores by id", found, query);
  return rankEntries(
    query,
    Object.entries(scores).map(([id, score]) => ({ id, score })),
  );
}

function isRanking(found: PlainResults): found is readonly string[] {
  return Array.isArray(found);
}

/** An array or a Map would be read as an object with other names, or with none. */
function requireObject<Value>(expected: string, value: Value, query?: string): Value & object {
  if (typeof value === "object" && value !== null && isPlain(value)) return value;
  const place = query === undefined ? "" : ` for query ${JSON.stringify(query)}`;
  throw new RetrievalError(
    "invalid-input",
    `Expected ${expected}${place}, got ${describe(value)}.`,
  );
}
