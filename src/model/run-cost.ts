import type { RunTiming } from "./worker-messages.ts";

/** What one run of the graph costs a worker: `fixedMs + perTokenMs * tokens`, tokens with padding. */
export interface RunCost {
  readonly fixedMs: number;
  readonly perTokenMs: number;
  /** From how many runs it was fitted. */
  readonly runs: number;
}

/** Keeps what the latest 1,000 runs took, while their fellows kept the other cores as busy as they do. */
export class RunCosts {
  readonly #latest: RunTiming[] = [];
  #oldest = 0;

  add(timings: readonly RunTiming[]): void {
    for (const timing of timings) {
      if (this.#latest.length < mostKept) this.#latest.push(timing);
      else this.#latest[this.#oldest++ % mostKept] = timing;
    }
  }

  /** The line that fits these runs; `undefined` for fewer than 8 runs. */
  fit(): RunCost | undefined {
    return fitRunCost(this.#latest);
  }
}

const mostKept = 1000;

/**
 * The line through milliseconds over tokens by least squares, weighted so that short runs are fitted
 * as well as long ones; through the origin where all runs have one length. Neither part is
 * below 0. `undefined` for fewer than 8 runs.
 */
export function fitRunCost(timings: readonly RunTiming[]): RunCost | undefined {
  if (timings.length < 8) return undefined;
  const sums = { one: 0, x: 0, y: 0, xx: 0, xy: 0 };
  for (const { tokens, milliseconds } of timings) {
    const weight = 1 / (tokens + 1) ** 2;
    sums.one += weight;
    sums.x += weight * tokens;
    sums.y += weight * milliseconds;
    sums.xx += weight * tokens * tokens;
    sums.xy += weight * tokens * milliseconds;
  }
  const spread = sums.one * sums.xx - sums.x * sums.x;
  const slope =
    spread > 1e-9 * sums.one * sums.xx ? (sums.one * sums.xy - sums.x * sums.y) / spread : 0;
  const fixed = (sums.y - slope * sums.x) / sums.one;
  const isLine = slope > 0 && fixed >= 0;
  return {
    fixedMs: isLine ? fixed : 0,
    perTokenMs: isLine ? slope : sums.xy / sums.xx,
    runs: timings.length,
  };
}
