import { RetrievalError } from "../../errors.ts";
import type { Evaluation } from "../evaluate.ts";

/** Differences up to this size are rounding errors: the order of summation changes a mean by as much. */
const tieTolerance = 1e-9;

/**
 * Returns what the challenger gains over the baseline on each query. The order is that of the query ids, so the
 * order of the maps does not matter. A difference of at most 1e-9 is a tie and counts 0.
 *
 * @throws RetrievalError `invalid-input` if the evaluations use different measures, if one has a query that the
 * other lacks, and for values that are not finite.
 */
export function pairedDifferences(baseline: Evaluation, challenger: Evaluation): number[] {
  if (baseline.name !== challenger.name) {
    throw new RetrievalError(
      "invalid-input",
      `Expected two evaluations of one measure, got ${baseline.name} and ${challenger.name}.`,
    );
  }
  requireQueries(challenger, { of: baseline, lacking: "challenger" });
  requireQueries(baseline, { of: challenger, lacking: "baseline" });
  return [...baseline.perQuery.keys()].toSorted().map((query) => {
    const difference = valueOf(challenger, query) - valueOf(baseline, query);
    return Math.abs(difference) <= tieTolerance ? 0 : difference;
  });
}

function requireQueries(
  evaluation: Evaluation,
  { of, lacking }: { readonly of: Evaluation; readonly lacking: string },
): void {
  const missing = [...of.perQuery.keys()].filter((query) => !evaluation.perQuery.has(query));
  if (missing.length === 0) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected both systems to have the same queries, but the ${lacking} lacks ${missing.length} of ${of.perQuery.size} ` +
      `for ${of.name}, for example ${JSON.stringify(missing[0])}: evaluate both runs with the same judgements.`,
  );
}

function valueOf({ name, perQuery }: Evaluation, query: string): number {
  const value = perQuery.get(query);
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new RetrievalError(
    "invalid-input",
    `Expected ${name} of query ${JSON.stringify(query)} to be a finite number, got ${value}.`,
  );
}
