import type { GateEvidence, RerankSettings } from "./configuration.ts";

/** A decision with its evidence. */
export type Verdict =
  | {
      readonly decision: "undecided";
      readonly rerank: undefined;
      readonly evidence: undefined;
      readonly minQueries: number;
    }
  | {
      readonly decision: "first-stage";
      readonly rerank: undefined;
      readonly evidence: GateEvidence;
    }
  | {
      readonly decision: "rerank";
      readonly rerank: RerankSettings;
      readonly evidence: GateEvidence;
    };

/** The decision in words: what was measured, and what it means. */
export function reasonFor(
  verdict: Verdict,
  {
    measure,
    queries,
    minGain,
  }: { readonly measure: string; readonly queries: number; readonly minGain: number },
): string {
  if (verdict.decision === "undecided") {
    return `No decision: expected at least ${verdict.minQueries} judged queries, got ${queries}. Keep the current settings, and judge more queries.`;
  }
  const { evidence } = verdict;
  const { heldOutMean, firstStageMean, difference, interval, pValue, level } = evidence;
  const share = ((1 - level) * 100).toFixed(level < 0.01 ? 1 : 0);
  const found =
    `${measure} on ${queries} queries is ${heldOutMean.toFixed(4)} with cross-validated settings ` +
    `and ${firstStageMean.toFixed(4)} with the first stage alone, a difference of ${difference.toFixed(4)} ` +
    `(${share} % confidence interval ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}, p = ${pValue.toFixed(4)})`;
  if (verdict.decision === "rerank") {
    const { candidateCount, blend, scoreThreshold } = verdict.rerank;
    const threshold =
      scoreThreshold === undefined ? "" : `, dropping documents below ${scoreThreshold}`;
    const how = typeof blend === "number" ? `a blend weight of ${blend}` : "a fitted fusion";
    return `Rerank ${candidateCount} candidates with ${how}${threshold}: ${found}.`;
  }
  return `Do not rerank: ${found}; ${shortfall(evidence, minGain)}.`;
}

function shortfall(
  { difference, pValue, level, detectableDifference, folds }: GateEvidence,
  minGain: number,
): string {
  if (folds.every(({ settings }) => settings.candidateCount === undefined)) {
    return "no setting beats the first stage on the training queries of any fold";
  }
  if (difference <= 0) return "reranking does not improve the measure";
  if (pValue > level) {
    return `the difference may be chance; these queries detect a gain of ${detectableDifference.toFixed(4)} with a probability of 80 %`;
  }
  if (difference < minGain) return `the gain is less than the minimum gain of ${minGain}`;
  return "over all queries, the first stage alone is best";
}
