import type { ExperimentResult } from "../experiment/experiment-result.ts";
import { findDepthPastPeak } from "./depth-rule.ts";
import { type DiagnosisCase, type DiagnosisOptions, openCase } from "./diagnosis-case.ts";
import type { Finding, Severity } from "./finding.ts";
import { findSmallGain } from "./gain-rule.ts";
import { findHarm, findHarmOnKinds } from "./harm-rule.ts";
import { findSlowness } from "./latency-rule.ts";
import { count, pValueWords, signed } from "./number-words.ts";
import { findFailures, findSyntheticQuestions, findTooFewQuestions } from "./question-rules.ts";
import { findLowRecall } from "./recall-rule.ts";
import { findTruncation } from "./truncation-rule.ts";

/** Rules about invalid figures first, then rules about their meaning. */
const rules: readonly ((diagnosis: DiagnosisCase) => Finding[])[] = [
  findFailures,
  findTooFewQuestions,
  findHarm,
  findHarmOnKinds,
  findLowRecall,
  findSmallGain,
  findTruncation,
  findDepthPastPeak,
  findSlowness,
  findSyntheticQuestions,
];

const weights = { error: 0, warning: 1, info: 2 } as const satisfies Record<Severity, number>;

/**
 * Explains in words what is wrong with a reranker and how to fix it, by rules on the figures. Findings are
 * sorted by severity, worst first; if no rule finds anything, there is one finding `nothing-wrong`. The same
 * figures give the same findings.
 *
 * @throws RetrievalError `invalid-option` for a system that the experiment lacks, for the same system twice,
 * and for a budget that is not above 0; `invalid-input` without measures and for fewer than 2 queries.
 */
export function diagnose(
  experiment: ExperimentResult,
  options: DiagnosisOptions,
): readonly Finding[] {
  const diagnosis = openCase(experiment, options);
  const findings = rules.flatMap((rule) => rule(diagnosis));
  if (findings.length === 0) return [nothingWrong(diagnosis)];
  return findings.toSorted((a, b) => weights[a.severity] - weights[b.severity]);
}

function nothingWrong({ comparison, baseline, challenger }: DiagnosisCase): Finding {
  const { measure, difference, queries, pValue } = comparison;
  return {
    code: "nothing-wrong",
    severity: "info",
    message: `No rule found a problem: ${measure} changes by ${signed(difference)} from ${baseline.name} to ${challenger.name} on ${count(queries, "question")} (${pValueWords(pValue)}).`,
    remedy: "Compare the next change with these figures.",
    figures: { difference, queries, pValue },
  };
}
