import { LineFields } from "./line-fields.ts";
import { lineBlocks } from "./line-blocks.ts";
import { rankEntries } from "./ranking.ts";
import type { Run } from "./run.ts";
import { RunColumns } from "./run-columns.ts";
import { requireTrecField } from "./trec-field.ts";

/**
 * Reads a run from lines `query Q0 document rank score tag`. As in trec_eval, only query, document and score
 * are used, and lines may be in any order. Reads millions of lines in seconds if the lines of each query are
 * together.
 */
export async function readTrecRun(path: string): Promise<Run> {
  const lines = new LineFields(path, "query Q0 document rank score tag");
  const results = new CollectedResults();
  for await (const block of lineBlocks(path)) {
    lines.read(block);
    while (lines.advance()) {
      if (!lines.isField(0, results.query)) results.turnTo(lines.field(0));
      const score = lines.number(4);
      if (!Number.isFinite(score))
        throw lines.error("a finite number as the fifth field, the score");
      if (!results.add(lines.field(2), score)) throw lines.error("each document once per query");
    }
  }
  return results.finish();
}

/**
 * The lines of a run, query by query, with ranks from 1. trec_eval reads scores, not ranks, compares them in
 * single precision, and breaks ties by id: a query whose scores would not strictly decrease gets the scores n
 * to 1 instead.
 */
export function* trecRunLines(run: Run, tag: string): Generator<string> {
  requireTrecField("tag", tag);
  for (const [query, entries] of run) {
    requireTrecField("query", query);
    const ranked = rankEntries(query, entries);
    const fall = ranked.every(({ score }, at) => {
      const next = ranked[at + 1];
      return next === undefined || Math.fround(score) > Math.fround(next.score);
    });
    const lines = ranked.map(({ id, score }, at) => {
      const written = fall ? score : ranked.length - at;
      return `${query} Q0 ${requireTrecField("document", id)} ${at + 1} ${written} ${tag}\n`;
    });
    yield lines.join("");
  }
}

/** Collects results as they are read; those of the current query separately. */
class CollectedResults {
  readonly #run = new RunColumns();
  /** Queries whose lines are not together, with the ids found so far. */
  readonly #scattered = new Map<string, Set<string>>();
  #seen = new Set<string>();
  #query = "";
  #ids: string[] = [];
  #scores: number[] = [];

  /** The current query; "" before the first line, since no query has an empty id. */
  get query(): string {
    return this.#query;
  }

  turnTo(query: string): void {
    this.#putAway();
    this.#query = query;
    this.#seen = this.#scattered.get(query) ?? new Set(this.#run.get(query)?.map(({ id }) => id));
    if (this.#run.has(query)) this.#scattered.set(query, this.#seen);
  }

  /** Adds a result of the current query; returns `false` if the query has the document already. */
  add(id: string, score: number): boolean {
    const before = this.#seen.size;
    this.#ids.push(id);
    this.#scores.push(score);
    return this.#seen.add(id).size > before;
  }

  finish(): Run {
    this.#putAway();
    return this.#run;
  }

  #putAway(): void {
    if (this.#ids.length > 0) this.#run.append(this.#query, this.#ids, this.#scores);
    this.#ids = [];
    this.#scores = [];
  }
}
