import { failureText } from "../../chat-models/failure-text.ts";
import { abortSignal, callback, string, wholeNumber } from "../../option-rules.ts";
import type { OptionRules } from "../../options.ts";
import type { OutcomeLog } from "./outcome-log.ts";

/** Progress of an experiment. */
export interface ExperimentProgress {
  /** Queries answered, failed, or read from the file of an earlier run, over all systems. */
  readonly done: number;
  readonly total: number;
  /** Name of the system that is being asked. */
  readonly system: string;
  /** Estimated milliseconds left, from the pace of this system in this run. */
  readonly leftMs: number;
}

/** How queries are asked. */
export interface AskOptions {
  /** Number of concurrent queries, at least 1; more than 1 slow each other down. @defaultValue 1 */
  readonly concurrency?: number | undefined;
  /**
   * Number of queries to ask before the measurement, at least 0. They are asked as `warm up: …`, so that no
   * cache contains the measured ones; their failures are ignored. @defaultValue 1
   */
  readonly warmUpQueries?: number | undefined;
  /** Called after each query. */
  readonly onProgress?: ((progress: ExperimentProgress) => void) | undefined;
  /** Ends the run with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * A JSON Lines file, created if missing. Answers in it are not asked for again, and new ones are appended as
   * they arrive. Failed queries are asked again. @defaultValue none
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

/** Asks several systems the same queries, one system after the other. */
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
    this.#queries = queries;
    this.#options = options;
    this.#log = log;
    this.#total = queries.size * systems.length;
    for (const system of systems) {
      for (const query of log?.keptOf(system).keys() ?? [])
        this.#done += Number(queries.has(query));
    }
  }

  /** The answers of one system. A query that fails is added to `failures`; an abort ends the whole run. */
  async ask(
    system: string,
    answer: (text: string, query: string) => Promise<Outcome>,
  ): Promise<Answers<Outcome>> {
    const { concurrency = 1, warmUpQueries = 1, signal } = this.#options;
    const outcomes = new Map(this.#log?.keptOf(system));
    const failures = new Map<string, string>();
    const open = [...this.#queries].filter(([query]) => !outcomes.has(query));
    signal?.throwIfAborted();
    for (const [query, text] of open.slice(0, warmUpQueries)) {
      await answer(`warm up: ${text}`, query).catch(() => undefined);
      signal?.throwIfAborted();
    }
    const startedAt = performance.now();
    let asked = 0;
    const waiting = open.values();
    const lane = async (): Promise<void> => {
      for (const [query, text] of waiting) {
        signal?.throwIfAborted();
        const outcome = await answer(text, query).catch((error: unknown) => {
          signal?.throwIfAborted();
          failures.set(query, failureText(error));
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
    const lanes = Array.from({ length: Math.min(concurrency, open.length) }, lane);
    try {
      await Promise.all(lanes);
    } finally {
      open.splice(0); // After a failure, the other concurrent loops start no further query.
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
