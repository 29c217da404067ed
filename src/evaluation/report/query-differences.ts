import { decidingEvaluation } from "../diagnosis/diagnosis-case.ts";
import type { ExperimentResult } from "../experiment/experiment-result.ts";
import type { ReportDifference } from "./report-data.ts";
import type { ReportSides } from "./report-input.ts";

/**
 * Each query's gain by the deciding measure, largest first, ties in the order of the baseline; empty without a
 * challenger.
 */
export function queryDifferences(
  { queries }: ExperimentResult,
  { baseline, challenger }: ReportSides,
): ReportDifference[] {
  if (!challenger) return [];
  const after = decidingEvaluation(challenger).perQuery;
  return [...decidingEvaluation(baseline).perQuery]
    .map(([query, before]) => {
      const now = after.get(query) ?? 0;
      const text = queries.get(query) ?? query;
      return { query, text, baseline: before, challenger: now, difference: now - before };
    })
    .toSorted((a, b) => b.difference - a.difference);
}
