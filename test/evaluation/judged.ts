import type { Judgements } from "../../src/evaluation/judgements.ts";
import type { Run } from "../../src/evaluation/run.ts";

/** For each query its documents with a grade or a score. */
export type Queries = readonly (readonly [
  query: string,
  documents: readonly (readonly [id: string, value: number])[],
])[];

/** Judgements that throw when they are written to. */
export function judgementsOf(...queries: Queries): Judgements {
  return new FrozenMap(queries.map(([query, grades]) => [query, new FrozenMap(grades)]));
}

/** A run that throws when it is written to. */
export function runOf(...queries: Queries): Run {
  return new FrozenMap(
    queries.map(([query, scores]) => [
      query,
      Object.freeze(scores.map(([id, score]) => Object.freeze({ id, score }))),
    ]),
  );
}

class FrozenMap<Value> extends Map<string, Value> {
  constructor(entries: readonly (readonly [string, Value])[]) {
    super();
    for (const [key, value] of entries) super.set(key, value);
  }

  override set(): never {
    throw new Error("This map is frozen.");
  }

  override delete(): never {
    throw new Error("This map is frozen.");
  }

  override clear(): never {
    throw new Error("This map is frozen.");
  }
}
