import { identityOf } from "../../documents/identity.ts";
import { readPair } from "../experiment/saved-outcome.ts";
import type { SavedValue } from "../saved-value.ts";
import type { PoolDocument } from "../sweep/pool.ts";

/** A passage that at least one first stage found for a query. */
export interface UnionDocument {
  /** The id in the judgements; several passages may share it. */
  readonly id: string;
  /** Length of the text in UTF-16 units. */
  readonly characters: number;
}

/** What one first stage found for a query. */
export interface FirstStageList {
  /** Measured while only this first stage was asked, search after search. */
  readonly milliseconds: number;
  /** Its passages, best first, by their index in the union. */
  readonly indices: readonly number[];
  /** Their scores, in the same order; minus the rank if the first stage gives no scores. */
  readonly scores: readonly number[];
}

/** What one reranker said about the passages of a query. */
export interface UnionScores {
  /** For all passages together. */
  readonly milliseconds: number;
  /** In the order of the union. */
  readonly passages: readonly Pick<PoolDocument, "rawScore" | "truncatedTokens" | "windows">[];
}

/** The passages that any first stage found for one query, each once, as every reranker scored them. */
export interface UnionPool {
  readonly documents: readonly UnionDocument[];
  /** By the name of the first stage. */
  readonly firstStages: ReadonlyMap<string, FirstStageList>;
  /** By the name of the reranker. */
  readonly rerankers: ReadonlyMap<string, UnionScores>;
}

/** Gives each passage one index, however many first stages find it. */
export class Union<Item extends Parameters<typeof identityOf>[0]> {
  readonly documents: Item[] = [];
  readonly #indexOf = new Map<string, number>();

  add(document: Item): number {
    const identity = identityOf(document);
    const known = this.#indexOf.get(identity);
    if (known !== undefined) return known;
    this.#indexOf.set(identity, this.documents.length);
    return this.documents.push(document) - 1;
  }

  indexOf(document: Parameters<typeof identityOf>[0]): number | undefined {
    return this.#indexOf.get(identityOf(document));
  }
}

/** A pool, or the milliseconds of a first stage, as plain data, which JSON preserves exactly. */
export function writeOutcome(outcome: UnionPool | number): unknown {
  if (typeof outcome === "number") return { milliseconds: outcome };
  const { documents, firstStages, rerankers } = outcome;
  return { documents, firstStages: [...firstStages], rerankers: [...rerankers] };
}

/**
 * Reads the JSON of `writeOutcome`.
 *
 * @throws RetrievalError `invalid-input` if it is anything else.
 */
export function readOutcome(saved: SavedValue): UnionPool | number {
  const milliseconds = saved.get("milliseconds");
  if (milliseconds.exists) return milliseconds.number(0);
  return {
    documents: saved
      .get("documents")
      .list()
      .map((one) => ({
        id: one.get("id").text(),
        characters: one.get("characters").wholeNumber(0),
      })),
    firstStages: readByName(saved.get("firstStages"), readList),
    rerankers: readByName(saved.get("rerankers"), readScores),
  };
}

function readByName<Value>(
  saved: SavedValue,
  read: (value: SavedValue) => Value,
): Map<string, Value> {
  return new Map(saved.list().map((pair) => readPair(pair, read)));
}

function readList(saved: SavedValue): FirstStageList {
  return {
    milliseconds: saved.get("milliseconds").number(0),
    indices: saved
      .get("indices")
      .list()
      .map((one) => one.wholeNumber(0)),
    scores: saved
      .get("scores")
      .list()
      .map((one) => one.number()),
  };
}

function readScores(saved: SavedValue): UnionScores {
  return {
    milliseconds: saved.get("milliseconds").number(0),
    passages: saved
      .get("passages")
      .list()
      .map((one) => ({
        rawScore: one.get("rawScore").optional((score) => score.number()),
        truncatedTokens: one.get("truncatedTokens").wholeNumber(0),
        windows: one.get("windows").optional((count) => count.wholeNumber(1)),
      })),
  };
}
