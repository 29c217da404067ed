import type { BakeOffEntry } from "./entries.ts";

/** Cheapest first: by price, then by mean latency; the better of two that cost the same comes first. */
export function costOrder(a: BakeOffEntry, b: BakeOffEntry): number {
  return (
    a.pricePerQuery - b.pricePerQuery ||
    a.latency.mean - b.latency.mean ||
    b.evaluations[0].mean - a.evaluations[0].mean
  );
}

/** The Pareto front of entries in the order of their cost: those that rank better than every cheaper one. */
export function frontOf(entries: readonly BakeOffEntry[]): BakeOffEntry[] {
  let highest = -Infinity;
  return entries.filter(({ evaluations: [{ mean }] }) => {
    if (mean <= highest + roundingError) return false;
    highest = mean;
    return true;
  });
}

/** Differences of means up to this size come from the order of summation. */
export const roundingError = 1e-9;
