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

/** Keeps the times of the latest 1,000 runs, measured under the load at that time. */
export class RowCosts {
  readonly #latest: RunTiming[] = [];
  #oldest = 0;

  add(timings: readonly RunTiming[]): void {
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

/**
 * Estimates how long a call with so many texts takes, given their lengths in tokens, including special tokens.
 */
export function expectedMilliseconds(
  { fixedMs, perTokenMs }: RowCost,
  {
    texts,
    tokens,
    workers,
  }: { readonly texts: number; readonly tokens: number; readonly workers: number },
): number {
  return (texts * (fixedMs + perTokenMs * tokens)) / Math.min(workers, texts);
}
