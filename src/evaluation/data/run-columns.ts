import { Buffer } from "node:buffer";
import { sortEntries } from "./ranking.ts";
import type { Run, RunEntry } from "./run.ts";

/** One query's results; ids hold no line feed, so that it can stand between them. */
interface Column {
  ids: string;
  readonly scores: number[];
}

/**
 * A run in little room: for each query its ids as one text and its scores as bare numbers, about a
 * third of what entries take. Entries are made when a query is asked for, and anew each time.
 */
export class RunColumns implements Run {
  readonly #columns = new Map<string, Column>();

  /** Appends results of a query: new ids, none with a line feed in it, and as many finite scores. */
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

  /** A query's ids, best first: what was appended needs no second look, and mostly no sorting. */
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

/** A copy: what was cut from a block of a file would keep the whole block. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

function entriesOf({ ids, scores }: Column): RunEntry[] {
  return ids.split("\n").map((id, index) => ({ id, score: scores[index] ?? 0 }));
}
