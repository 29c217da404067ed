import type { CorrectedComparison } from "../comparison/compare-systems.ts";
import { decidingEvaluation } from "../diagnosis/diagnosis-case.ts";
import { count, pValueWords, score, signed, signedPercent } from "../diagnosis/number-words.ts";
import type { SystemResult } from "../experiment/experiment-result.ts";
import type { ReportSides } from "./report-input.ts";

interface VerdictSides extends ReportSides {
  /** The systems that the challenger was chosen from; only itself if the caller named it. */
  readonly candidates: readonly SystemResult[];
}

/** The result in one sentence, by the deciding measure: better, worse, or no significant difference. */
export function verdictOf(
  { baseline, challenger, candidates }: VerdictSides,
  comparisons: ReadonlyMap<string, readonly CorrectedComparison[]>,
): string {
  const { name, mean, perQuery } = decidingEvaluation(baseline);
  const comparison = challenger && comparisons.get(challenger.name)?.[0];
  if (!challenger || !comparison) {
    return `${baseline.name} reaches ${name} ${score(mean)} on ${count(perQuery.size, "question")}; there is no other system to compare it with.`;
  }
  const { difference, relativeGain, interval, adjustedPValue, isSignificant, queries } = comparison;
  const share = relativeGain === undefined ? "" : ` (${signedPercent(relativeGain)})`;
  const range = `95 % confidence interval ${signed(interval.low)} to ${signed(interval.high)}`;
  // A system chosen as the best of several must be better than the best of several would be by chance.
  const test = `${candidates.length > 1 ? "adjusted " : ""}${pValueWords(adjustedPValue)}`;
  const evidence = `${range}; ${test}, ${count(queries, "question")}`;
  if (!isSignificant) {
    return `No significant difference between ${challenger.name} and ${baseline.name}: ${name} differs by ${signed(difference)}${share}, ${evidence}.`;
  }
  const [claim, verb] = difference > 0 ? ["better", "rises"] : ["worse", "falls"];
  return `${challenger.name} is ${claim} than ${baseline.name}: ${name} ${verb} from ${score(comparison.baselineMean)} to ${score(comparison.challengerMean)}${share}, ${evidence}.`;
}
