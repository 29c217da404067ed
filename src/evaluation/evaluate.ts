import { Buffer } from "node:buffer";
import { RetrievalError } from "../errors.ts";
import type { Judgements } from "./judgements.ts";
import type { Measure } from "./measure.ts";
import type { Run, RunEntry } from "./run.ts";

/** What a measure says of a run. */
export interface Evaluation {
  /** The measure's name. */
  readonly name: string;
  /** For each judged query its value, in the order of the judgements. */
  readonly perQuery: ReadonlyMap<string, number>;
  /** The mean over these queries, each counting the same. */
  readonly mean: number;
}

/**
 * Measures a run query by query. A judged query that the run lacks counts 0; queries without
 * judgements are left out. Documents are ordered as trec_eval does, by score, then by id, last id
 * first (in the order of UTF-8 bytes); scores are compared as they are, not rounded to single precision.
 *
 * @throws RetrievalError `invalid-input` where no query is judged, where a query's list holds an id
 * twice, and for scores or grades that are not finite.
 */
export function evaluate(
  measure: Measure,
  { run, judgements }: { readonly run: Run; readonly judgements: Judgements },
): Evaluation {
  const perQuery = new Map<string, number>();
  for (const [query, grades] of judgements) {
    if (grades.size === 0) continue;
    for (const [id, grade] of grades) requireFinite("grade", grade, { query, id });
    perQuery.set(query, measure.ofRanking(rankedIds(query, run.get(query) ?? []), grades));
  }
  if (perQuery.size === 0) {
    throw new RetrievalError(
      "invalid-input",
      "Expected judgements for at least one query, got none.",
    );
  }
  const total = [...perQuery.values()].reduce((sum, value) => sum + value, 0);
  return { name: measure.name, perQuery, mean: total / perQuery.size };
}

function rankedIds(query: string, entries: readonly RunEntry[]): string[] {
  const seen = new Set<string>();
  for (const { id, score } of entries) {
    requireFinite("score", score, { query, id });
    if (seen.has(id)) {
      throw new RetrievalError(
        "invalid-input",
        `Expected each document once, got ${JSON.stringify(id)} twice for query ${JSON.stringify(query)}.`,
      );
    }
    seen.add(id);
  }
  return entries
    .toSorted((a, b) => b.score - a.score || compareBytes(b.id, a.id))
    .map(({ id }) => id);
}

/** `<` would compare UTF-16 units, which puts an emoji before U+FFFD. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function requireFinite(
  name: string,
  value: number,
  { query, id }: { readonly query: string; readonly id: string },
): void {
  if (Number.isFinite(value)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected the ${name} of ${JSON.stringify(id)} for query ${JSON.stringify(query)} to be a finite number, got ${value}.`,
  );
}
