import { describe, RetrievalError } from "../../errors.ts";
import { number, required, wholeNumber } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { RunTiming } from "../workers/worker-messages.ts";

/** What one text, or one pair, costs a worker, in milliseconds: `fixedMs + perTokenMs * tokens`. */
export interface PairCost {
  readonly fixedMs: number;
  readonly perTokenMs: number;
}

/** A measured cost. */
export interface RowCost extends PairCost {
  /** How many texts it was fitted to. */
  readonly rows: number;
}

/** What the workers of a model have read. */
export interface ReadTotals {
  /** Texts or pairs; a text that is scored in windows counts once for each window. */
  readonly texts: number;
  /** Their tokens, special tokens included. */
  readonly tokens: number;
}

/** Counts what was run, and keeps the times of the latest 1,000 runs, measured under the load at that time. */
export class RowCosts {
  readonly #latest: RunTiming[] = [];
  #oldest = 0;
  #totals: ReadTotals = { texts: 0, tokens: 0 };

  get totals(): ReadTotals {
    return this.#totals;
  }

  /** A run that competes with the loading of a model says nothing about the time of later runs. */
  add(timings: readonly RunTiming[], { isLoading }: { readonly isLoading: boolean }): void {
    for (const { rows, tokens } of timings) {
      const { texts, tokens: before } = this.#totals;
      this.#totals = { texts: texts + rows, tokens: before + tokens };
    }
    if (isLoading) return;
    for (const timing of timings) {
      if (this.#latest.length < mostKept) this.#latest.push(timing);
      else this.#latest[this.#oldest++ % mostKept] = timing;
    }
  }

  fit(): RowCost | undefined {
    return fitRowCost(this.#latest);
  }
}

const mostKept = 1000;

/**
 * Fits a line through milliseconds over tokens by least squares, weighted so that short texts count as much as
 * long ones; through the origin if all have the same length. Neither coefficient is below 0. `undefined` for
 * fewer than 8 texts.
 */
export function fitRowCost(timings: readonly RunTiming[]): RowCost | undefined {
  const sums = { rows: 0, one: 0, x: 0, y: 0, xx: 0, xy: 0 };
  for (const { rows, tokens, milliseconds } of timings) {
    const [x, y] = [tokens / rows, milliseconds / rows];
    const weight = rows / (x + 1) ** 2;
    sums.rows += rows;
    sums.one += weight;
    sums.x += weight * x;
    sums.y += weight * y;
    sums.xx += weight * x * x;
    sums.xy += weight * x * y;
  }
  if (sums.rows < 8) return undefined;
  const spread = sums.one * sums.xx - sums.x * sums.x;
  const isOneLength = spread <= 1e-9 * sums.one * sums.xx;
  const slope = isOneLength ? 0 : (sums.one * sums.xy - sums.x * sums.y) / spread;
  const fixed = (sums.y - slope * sums.x) / sums.one;
  const isLine = slope > 0 && fixed >= 0;
  return {
    fixedMs: isLine ? fixed : 0,
    perTokenMs: isLine ? slope : sums.xy / sums.xx,
    rows: sums.rows,
  };
}

/** What a model knows about its speed; a part of what `info()` returns. */
export interface ModelSpeed {
  /** `undefined` until at least 8 texts are measured; those that run while further workers load do not count. */
  readonly cost: PairCost | undefined;
  /** Number of workers that share the texts of a call. */
  readonly workers: number;
}

/** The size of a call. */
export interface ExpectedCall {
  /** Number of query and text pairs; a text that is scored in windows counts once for each window. */
  readonly pairs: number;
  /** Mean length of a pair in tokens: query, text and special tokens, at most the model's window. */
  readonly tokens: number;
}

const expectedCallRules: OptionRules<ExpectedCall> = {
  pairs: required(wholeNumber(0)),
  tokens: required(number(0)),
};

/**
 * Estimates the milliseconds of a call from the measured cost of earlier ones, if all workers are free and no score
 * is cached: `pairs * (fixedMs + perTokenMs * tokens)`, shared by the workers. The cost was measured under the load
 * of that time.
 *
 * @throws RetrievalError `invalid-option` for a number out of range, `invalid-input` if the cost is not known yet.
 *
 * @example
 * ```ts
 * import { expectedMilliseconds, OnnxCrossEncoder } from "langchain-rerank";
 *
 * await using scorer = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large", workers: 1 });
 * const rivers = ["Po", "Elbe", "Oder", "Ebro", "Main", "Loire", "Rhine", "Seine", "Tagus"];
 * await scorer.score("Which river is long?", rivers.map((river) => `The ${river} is long.`));
 *
 * const expected = expectedMilliseconds(await scorer.info(), { pairs: 100, tokens: 128 });
 * console.log(`100 candidates of 128 tokens take about ${expected.toFixed(0)} ms.`);
 * ```
 */
export function expectedMilliseconds(speed: ModelSpeed | undefined, call: ExpectedCall): number {
  const { pairs, tokens } = requireOptions("expectedMilliseconds", call, expectedCallRules);
  const { cost, workers }: Partial<ModelSpeed> = Object(speed);
  const { fixedMs = Number.NaN, perTokenMs = Number.NaN }: Partial<PairCost> = Object(cost);
  if (!Number.isFinite(fixedMs + perTokenMs) || !(Number(workers) >= 1)) {
    const isNotMeasured = workers !== undefined && cost === undefined;
    throw new RetrievalError(
      "invalid-input",
      `Expected the result of info() with a measured \`cost\`, got ${isNotMeasured ? "none" : describe(speed)}: score more texts first, at least 8 after all workers have loaded, and await info().`,
    );
  }
  if (pairs === 0) return 0;
  return (pairs * (fixedMs + perTokenMs * tokens)) / Math.min(Number(workers), pairs);
}
