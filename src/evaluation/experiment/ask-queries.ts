import { abortSignal, callback, string, wholeNumber } from "../../option-rules.ts";
import { requireWholeNumber, messageOf } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import type { OutcomeLog } from "./outcome-log.ts";

/** How far a run is. */
export interface ExperimentProgress {
  /** Queries answered, failed, or found in the file of an earlier run, over all systems. */
  readonly done: number;
  readonly total: number;
  /** Name of the system that is being asked. */
  readonly system: string;
  /** Milliseconds left if what is to come takes as long as what this system was asked in this run. */
  readonly leftMs: number;
}

/** How queries are asked. */
export interface AskOptions {
  /** How many queries are under way at once; more than 1 lets them slow each other down. @defaultValue 1 */
  readonly concurrency?: number | undefined;
  /**
   * How many queries to ask before the clock counts. They are asked in other words, `warm up: …`, so
   * that no cache knows the measured ones; how they end does not matter. @defaultValue 1
   */
  readonly warmUpQueries?: number | undefined;
  /** Called after each query. */
  readonly onProgress?: ((progress: ExperimentProgress) => void) | undefined;
  /** Ends the run with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * A file of JSON lines, made where it is missing: answers that it holds are not asked for again, and
   * new ones are appended as they come. Queries that failed are asked again. @defaultValue none
   */
  readonly resumeFrom?: string | undefined;
}

export const askOptionRules: OptionRules<AskOptions> = {
  concurrency: wholeNumber(1),
  warmUpQueries: wholeNumber(0),
  onProgress: callback,
  signal: abortSignal,
  resumeFrom: string,
};

export interface Answers<Outcome> {
  /** In the order of the queries. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Why a query failed, by its id, in the order of the queries. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Asks one or more systems the same queries, one system after the other. */
export class QueryAsker<Outcome> {
  readonly #queries: ReadonlyMap<string, string>;
  readonly #options: AskOptions;
  readonly #log: OutcomeLog<Outcome> | undefined;
  readonly #total: number;
  #done = 0;

  constructor(
    queries: ReadonlyMap<string, string>,
    {
      systems,
      log,
      ...options
    }: AskOptions & {
      readonly systems: readonly string[];
      readonly log: OutcomeLog<Outcome> | undefined;
    },
  ) {
    requireWholeNumber("concurrency", options.concurrency ?? 1, 1);
    requireWholeNumber("warmUpQueries", options.warmUpQueries ?? 1, 0);
    this.#queries = queries;
    this.#options = options;
    this.#log = log;
    this.#total = queries.size * systems.length;
    for (const system of systems) {
      for (const query of log?.keptOf(system).keys() ?? [])
        this.#done += Number(queries.has(query));
    }
  }

  /** The answers of one system: a query that fails is told in `failures`, one that is aborted ends all. */
  async ask(system: string, answer: (text: string) => Promise<Outcome>): Promise<Answers<Outcome>> {
    const { concurrency = 1, warmUpQueries = 1, signal } = this.#options;
    const outcomes = new Map(this.#log?.keptOf(system));
    const failures = new Map<string, string>();
    const open = [...this.#queries].filter(([query]) => !outcomes.has(query));
    signal?.throwIfAborted();
    for (const [, text] of open.slice(0, warmUpQueries)) {
      await answer(`warm up: ${text}`).catch(() => undefined);
      signal?.throwIfAborted();
    }
    const startedAt = performance.now();
    let asked = 0;
    const waiting = open.values();
    const lane = async (): Promise<void> => {
      for (const [query, text] of waiting) {
        signal?.throwIfAborted();
        const outcome = await answer(text).catch((error: unknown) => {
          signal?.throwIfAborted();
          failures.set(query, messageOf(error));
          return undefined;
        });
        if (outcome !== undefined) {
          await this.#log?.keep(system, query, outcome);
          outcomes.set(query, outcome);
        }
        asked += 1;
        this.#report(system, (performance.now() - startedAt) / asked);
      }
    };
    const lanes = Array.from({ length: concurrency }, lane);
    try {
      await Promise.all(lanes);
    } finally {
      open.splice(0); // Where one lane failed, the others take nothing further.
      await Promise.allSettled(lanes);
    }
    return { outcomes: this.#inOrder(outcomes), failures: this.#inOrder(failures) };
  }

  #report(system: string, msEach: number): void {
    this.#done += 1;
    const total = this.#total;
    const leftMs = msEach * (total - this.#done);
    this.#options.onProgress?.({ done: this.#done, total, system, leftMs });
  }

  #inOrder<Value>(byQuery: ReadonlyMap<string, Value>): Map<string, Value> {
    return new Map(
      [...this.#queries.keys()].flatMap((query): [string, Value][] => {
        const value = byQuery.get(query);
        return value === undefined ? [] : [[query, value]];
      }),
    );
  }
}
