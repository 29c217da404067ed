import { compareMeasure } from "../comparison/compare-measure.ts";
import { adjustByHolm } from "../comparison/holm-correction.ts";
import type { Evaluation } from "../evaluate.ts";
import { type DiagnosisCase, significanceLevel } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { count, pValueWords, score, signed } from "./number-words.ts";

/**
 * With 5 questions, even 5 losses give p = 0.0625: a kind needs 6 questions to be significant at a level of
 * 0.05.
 */
const leastQuestionsOfKind = 6;

/** Reranking is significantly worse over all questions. */
export function findHarm({ comparison, baseline, challenger }: DiagnosisCase): Finding[] {
  const { difference, pValue, interval, measure, wins, losses } = comparison;
  if (difference >= 0 || pValue > significanceLevel) return [];
  return [
    {
      code: "harm",
      severity: "error",
      message:
        `${challenger.name} is worse than ${baseline.name}: ${measure} changes by ${signed(difference)} ` +
        `(95 % confidence interval ${signed(interval.low)} to ${signed(interval.high)}, ${pValueWords(pValue)}), better on ${wins} and worse on ${count(losses, "question")}.`,
      remedy: `Keep ${baseline.name}, or try another model or a blend with the first stage's scores; start with the questions harmed most.`,
      figures: { difference, pValue, low: interval.low, high: interval.high, wins, losses },
    },
  ];
}

/** Reranking is significantly worse on a kind of question; p values are corrected for the number of kinds. */
export function findHarmOnKinds({ before, after, kinds, ...named }: DiagnosisCase): Finding[] {
  const compared = [...new Set(kinds.values())].flatMap((kind) => {
    const isOfKind = (query: string): boolean => kinds.get(query) === kind;
    const [own, others] = [only(before, isOfKind), only(after, isOfKind)];
    if (own.perQuery.size < leastQuestionsOfKind) return [];
    return [{ kind, comparison: compareMeasure(own, others, { level: significanceLevel }) }];
  });
  const adjusted = adjustByHolm(compared.map(({ comparison }) => comparison.pValue));
  return compared.flatMap(({ kind, comparison }, index): Finding[] => {
    const { difference, queries, measure, baselineMean, challengerMean } = comparison;
    const adjustedPValue = adjusted[index] ?? 1;
    if (difference >= 0 || adjustedPValue > significanceLevel) return [];
    return [
      {
        code: "harm-on-kind",
        severity: "warning",
        message:
          `On questions of the kind “${kind}”, ${named.challenger.name} is worse than ${named.baseline.name}: ${measure} falls from ${score(baselineMean)} ` +
          `to ${score(challengerMean)} on ${count(queries, "question")} (adjusted ${pValueWords(adjustedPValue)}).`,
        remedy: `Skip reranking for questions of the kind “${kind}”, or give the first stage more weight with a blend.`,
        figures: { difference, adjustedPValue, queries, baselineMean, challengerMean },
      },
    ];
  });
}

function only(evaluation: Evaluation, isOfKind: (query: string) => boolean): Evaluation {
  const perQuery = new Map([...evaluation.perQuery].filter(([query]) => isOfKind(query)));
  const sum = [...perQuery.values()].reduce((total, value) => total + value, 0);
  return { name: evaluation.name, perQuery, mean: perQuery.size === 0 ? 0 : sum / perQuery.size };
}
