import {
  count,
  milliseconds,
  percent,
  pValueWords,
  score,
  signed,
} from "../diagnosis/number-words.ts";
import type { Admission } from "./admission.ts";
import type { BakeOffResult, FrontEntry } from "./bake-off-result.ts";
import type { BakeOffEntry } from "./entries.ts";

type Found = Pick<BakeOffResult, "recommended" | "best" | "queries" | "missingQueries"> & {
  /** A reranker whose gain may be chance, if none is admitted. */
  readonly promising: Admission | undefined;
  /** The fastest of all entries, also beyond the limits. */
  readonly fastest: BakeOffEntry | undefined;
  readonly minQueries: number;
  readonly minGain: number;
  readonly level: number;
};

/** The recommendation in words: what to use, why, and what more questions would settle. */
export function reasonOf(found: Found): string {
  const { recommended, best, queries, minQueries, missingQueries, fastest } = found;
  if (!recommended || !best) {
    const limit = fastest ? `: the fastest, ${fastest.name}, has ${timeOf(fastest)}` : "";
    return `No configuration is within the limits${limit}. Raise the limits, or compare faster rerankers.`;
  }
  const [{ name: measure, mean: highest }] = best.evaluations;
  if (highest === 0) {
    return `No decision: ${measure} is 0 with every configuration. Check that \`idOf\` returns the ids of the judgements, and that some are judged relevant.`;
  }
  if (queries < minQueries) {
    return `No decision: expected at least ${minQueries} judged queries, got ${queries}. On these, ${choiceOf(found, recommended)} Judge ${count(missingQueries, "more query", "more queries")} to decide.`;
  }
  const more = missingQueries > 0 ? ` ${doubtOf(found)}` : "";
  return `Use ${choiceOf(found, recommended)}${more}`;
}

function doubtOf({ promising, missingQueries, recommended, best }: Found): string {
  const settle = `about ${count(missingQueries, "more judged query", "more judged queries")} would settle it`;
  if (promising === undefined || recommended !== best) {
    return `The difference may be chance: ${settle}.`;
  }
  const { reranker, firstStage, comparison } = promising;
  return `No reranker improves its first stage significantly. ${reranker} over ${firstStage} gains ${signed(comparison.difference)} (${pValueWords(comparison.pValue)}), which may be chance: ${settle}.`;
}

function choiceOf({ best, minGain, level }: Found, recommended: FrontEntry): string {
  const [{ name: measure, mean }] = recommended.evaluations;
  const what = `${recommended.name}: ${measure} ${score(mean)}, ${timeOf(recommended)}${priceOf(recommended)}.`;
  if (recommended === best || !best)
    return `${what} It has the highest ${measure} within the limits.`;
  const { difference, interval, pValue } = recommended.comparison;
  const isSmall = Math.abs(difference) < minGain;
  const why = isSmall
    ? `It is the cheapest that is less than ${minGain} below the best`
    : "It is the cheapest that is not significantly worse than the best";
  return `${what} ${why}, ${best.name} (${score(best.evaluations[0].mean)}, ${timeOf(best)}${priceOf(best)}): difference ${signed(difference)} (${percent(1 - level)} confidence interval ${signed(interval.low)} to ${signed(interval.high)}, ${pValueWords(pValue)}).`;
}

function timeOf({ latency: { mean, p95 } }: BakeOffEntry): string {
  return `${milliseconds(mean)} per query on average, 95th percentile ${milliseconds(p95)}`;
}

function priceOf({ pricePerQuery }: BakeOffEntry): string {
  return pricePerQuery > 0 ? `, price ${pricePerQuery} per query` : "";
}
