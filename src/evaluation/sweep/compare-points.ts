import { pairedDifferences } from "../comparison/paired-differences.ts";
import { randomizationTest } from "../comparison/randomization-test.ts";
import type { ResamplingOptions } from "../comparison/resampling.ts";
import type { SweepPoint } from "./sweep-result.ts";

/** The two-sided p value of the randomisation test between two points of a sweep, by the deciding measure. */
export function pValueBetween(
  { evaluations: [one] }: SweepPoint,
  { evaluations: [other] }: SweepPoint,
  options: ResamplingOptions = {},
): number {
  if (one === undefined || other === undefined) return 1;
  return randomizationTest(pairedDifferences(one, other), options);
}
