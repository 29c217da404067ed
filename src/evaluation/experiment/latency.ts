import { mean, quantile } from "simple-statistics";
import type { Latency } from "./experiment-result.ts";

/**
 * Mean and quantiles, in milliseconds, of at least one value. Quantiles are interpolated linearly, as in NumPy.
 */
export function latencyOf(milliseconds: readonly number[]): Latency {
  const values = [...milliseconds];
  return { mean: mean(values), p50: quantile(values, 0.5), p95: quantile(values, 0.95) };
}

/** By stage, each over the queries that reported it, and `total` over all queries; empty without outcomes. */
export function latencyByStage(
  outcomes: Iterable<{
    readonly stages: ReadonlyMap<string, number>;
    readonly milliseconds: number;
  }>,
): Map<string, Latency> {
  const times = new Map<string, number[]>();
  const total: number[] = [];
  for (const { stages, milliseconds } of outcomes) {
    total.push(milliseconds);
    for (const [stage, own] of stages) {
      const before = times.get(stage);
      if (before === undefined) times.set(stage, [own]);
      else before.push(own);
    }
  }
  if (total.length > 0) times.set("total", total);
  return new Map([...times].map(([stage, values]) => [stage, latencyOf(values)]));
}
