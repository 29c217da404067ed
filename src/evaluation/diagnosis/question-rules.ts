import type { SystemResult } from "../experiment/experiment-result.ts";
import { type DiagnosisCase, significanceLevel, worthwhileGain } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { count, score, signed } from "./number-words.ts";

/** Each failed query counts 0: more than 1 % of failures can hide or feign a third of a worthwhile gain. */
const manyFailures = 0.01;

/** Queries failed; one finding for each of the two systems. */
export function findFailures({ experiment, baseline, challenger }: DiagnosisCase): Finding[] {
  const total = experiment.queries.size;
  return [baseline, challenger].flatMap((system) => failuresOf(system, total));
}

function failuresOf({ name, failures }: SystemResult, total: number): Finding[] {
  const [first] = failures;
  if (!first) return [];
  const share = failures.size / Math.max(total, failures.size);
  const reason = first[1].length > 200 ? `${first[1].slice(0, 200)}…` : first[1];
  return [
    {
      code: "failed-queries",
      severity: share > manyFailures ? "error" : "warning",
      message: `${failures.size} of ${count(total, "query", "queries")} failed with ${name} and count 0, such as ${first[0]}: ${reason}`,
      remedy:
        "Mend the cause and run the experiment again: the figures are lower than the system deserves.",
      figures: { failures: failures.size, queries: total, share },
    },
  ];
}

/** A worthwhile gain may exist but be undetectable with so few questions. */
export function findTooFewQuestions({ comparison }: DiagnosisCase): Finding[] {
  const { difference, detectableDifference, baselineMean, pValue, queries, measure } = comparison;
  const target = Math.max(Math.abs(difference), worthwhileGain * baselineMean);
  if (pValue <= significanceLevel || detectableDifference <= target || target === 0) return [];
  const needed = Math.ceil(queries * (detectableDifference / target) ** 2);
  return [
    {
      code: "too-few-questions",
      severity: "warning",
      message:
        `${measure} differs by ${signed(difference)}, but on ${count(queries, "question")} only a difference of ${score(detectableDifference)} would be found in four of five tries: ` +
        "these figures do not tell a gain from chance.",
      remedy: `Judge about ${count(needed, "question")}, which would show a difference of ${score(target)}.`,
      figures: { difference, detectableDifference, queries, pValue, needed, target },
    },
  ];
}

/** A model generated the questions. */
export function findSyntheticQuestions({ experiment }: DiagnosisCase): Finding[] {
  if (!experiment.isSynthetic) return [];
  const questions = experiment.queries.size;
  return [
    {
      code: "synthetic-questions",
      severity: "info",
      message:
        `${questions === 1 ? "The question was" : `All ${questions} questions were`} made by a model from the passages that answer them. Such questions share words with their passage ` +
        "and know only that one: every system looks better than it is, word matching most.",
      remedy:
        "Take the order of the systems from them, not the heights; read one in ten of them, and judge questions that users asked as soon as there are some.",
      figures: { questions },
    },
  ];
}
