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
    return `Judged queries are too few to decide by, ${queries} instead of at least ${verdict.minQueries}, so nothing changes: judge more.`;
  }
  const { evidence } = verdict;
  const { heldOutMean, firstStageMean, difference, interval, pValue, level } = evidence;
  const share = ((1 - level) * 100).toFixed(level < 0.01 ? 1 : 0);
  const found =
    `${measure} of ${queries} queries is ${heldOutMean.toFixed(4)} with settings chosen without them ` +
    `and ${firstStageMean.toFixed(4)} by the first stage alone, a difference of ${difference.toFixed(4)} ` +
    `(${share} % interval ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}, p ${pValue.toFixed(4)})`;
  if (verdict.decision === "rerank") {
    const { candidateCount, blend, scoreThreshold } = verdict.rerank;
    const threshold =
      scoreThreshold === undefined ? "" : `, dropping what is below ${scoreThreshold}`;
    return `Rerank ${candidateCount} candidates with a weight of ${blend}${threshold}: ${found}.`;
  }
  return `Do not rerank: ${found}; ${shortfall(evidence, minGain)}.`;
}

function shortfall(
  { difference, pValue, level, detectableDifference, folds }: GateEvidence,
  minGain: number,
): string {
  if (folds.every(({ settings }) => settings.candidateCount === undefined)) {
    return "no setting that was looked at does better than the first stage on the other queries";
  }
  if (difference <= 0) return "that is no gain";
  if (pValue > level) {
    return `that may be chance, and a gain of ${detectableDifference.toFixed(4)} would have been found four times in five`;
  }
  if (difference < minGain) return `that is less than the ${minGain} that is worth the time`;
  return "but over all queries the first stage alone is best";
}
