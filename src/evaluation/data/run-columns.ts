import { Buffer } from "node:buffer";
import { sortEntries } from "./ranking.ts";
import type { Run, RunEntry } from "./run.ts";

/** One query's results; ids contain no line feed, which separates them. */
interface Column {
  ids: string;
  readonly scores: number[];
}

/**
 * A compact run: for each query one string of ids and an array of scores, about a third of the memory of
 * entries. Creates the entries anew each time a query is requested.
 */
export class RunColumns implements Run {
  readonly #columns = new Map<string, Column>();

  /** Appends results of a query: new ids without line feeds, and as many finite scores. */
  append(query: string, ids: readonly string[], scores: readonly number[]): void {
    const text = detached(ids.join("\n"));
    const column = this.#columns.get(query);
    if (column) {
      column.ids += `\n${text}`;
      for (const score of scores) column.scores.push(score);
    } else {
      this.#columns.set(detached(query), { ids: text, scores: [...scores] });
    }
  }

  get size(): number {
    return this.#columns.size;
  }

  has(query: string): boolean {
    return this.#columns.has(query);
  }

  get(query: string): readonly RunEntry[] | undefined {
    const column = this.#columns.get(query);
    return column && entriesOf(column);
  }

  /** A query's ids, best first. They were validated when they were appended, and are mostly sorted already. */
  rankedIds(query: string): string[] {
    const column = this.#columns.get(query);
    if (!column) return [];
    const { ids, scores } = column;
    const isRanked = scores.every((score, at) => score < (scores[at - 1] ?? Infinity));
    return isRanked ? ids.split("\n") : sortEntries(entriesOf(column)).map(({ id }) => id);
  }

  keys(): MapIterator<string> {
    return this.#columns.keys();
  }

  *values(): MapIterator<readonly RunEntry[]> {
    for (const column of this.#columns.values()) yield entriesOf(column);
  }

  *entries(): MapIterator<[string, readonly RunEntry[]]> {
    for (const [query, column] of this.#columns) yield [query, entriesOf(column)];
  }

  [Symbol.iterator](): MapIterator<[string, readonly RunEntry[]]> {
    return this.entries();
  }

  forEach(visit: (entries: readonly RunEntry[], query: string, run: Run) => void): void {
    for (const [query, entries] of this) visit(entries, query, this);
  }
}

/** Copies the string: a substring would keep the whole block of the file in memory. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

function entriesOf({ ids, scores }: Column): RunEntry[] {
  return ids.split("\n").map((id, index) => ({ id, score: scores[index] ?? 0 }));
}
