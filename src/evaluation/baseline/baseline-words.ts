import {
  count,
  milliseconds,
  percent,
  pValueWords,
  score,
  signed,
  signedPercent,
} from "../diagnosis/number-words.ts";
import { levelOf } from "../comparison/significance-level.ts";
import type { ExperimentResult } from "../experiment/experiment-result.ts";
import type { BaselineComparison, SystemChange } from "./baseline-comparison.ts";

type Compared = Omit<BaselineComparison, "verdict">;

/** The result in words: what became worse, or that nothing did. */
export function verdictOn(comparison: Compared): string {
  const { measure, queries, systems, latencyTolerance } = comparison;
  const fallen = systems.filter(({ outcome }) => outcome === "worse");
  const slow = systems.filter(({ p95Ms }) => p95Ms.isTooSlow);
  const reasons = [
    ...fallen.map((system) => fallWords(system, comparison)),
    ...slow.map(
      ({ name, p95Ms: { before, after } }) =>
        `the 95th percentile (p95) of the time per query of ${name} rose from ${milliseconds(before)} to ${milliseconds(after)}, by more than ${percent(latencyTolerance ?? 0)}`,
    ),
  ];
  if (reasons.length > 0) return `Worse than the baseline: ${reasons.join("; ")}.`;
  const better = systems.filter(({ outcome }) => outcome === "better");
  const rises = better.map(({ name }) => name).join(", ");
  const gain = rises === "" ? "" : ` It rose significantly with ${rises}.`;
  return `No significant drop of ${measure} on ${count(queries, "question")} (${systems.map(({ name }) => name).join(", ")}).${gain}`;
}

function fallWords(
  { name, comparison }: SystemChange,
  { measure, systems, level }: Compared,
): string {
  const { baselineMean, challengerMean, difference, interval, adjustedPValue, queries } =
    comparison;
  const adjusted = systems.length > 1 ? "adjusted " : "";
  return (
    `${measure} of ${name} fell from ${score(baselineMean)} to ${score(challengerMean)} ` +
    `(${signed(difference)}, ${percent(1 - level)} confidence interval ${signed(interval.low)} to ${signed(interval.high)}; ` +
    `${adjusted}${pValueWords(adjustedPValue)}, ${count(queries, "question")})`
  );
}

/** How many values of a system must change at least for a significant drop: with n of them, no p value is below 2 / 2 ** n. */
function leastChanges(systems: number, level: number): number {
  return Math.ceil(1 + Math.log2(systems / level));
}

/** Says that no comparison with this result can fail, if it has too few questions for a significant drop. */
export function tooFewQuestionsWords({ queries, systems }: ExperimentResult): string | undefined {
  const needed = leastChanges(systems.length, levelOf({}));
  if (queries.size >= needed) return undefined;
  return `${count(queries.size, "question")} cannot show a significant drop, so no comparison with this baseline fails because of quality: judge at least ${needed} questions.`;
}

/** What the comparison can detect, system by system. */
export function detectionWords({ systems, power, level }: BaselineComparison): string[] {
  const needed = leastChanges(systems.length, level);
  return systems.map(({ name, comparison: { wins, losses, queries }, detectableDrop }) => {
    const changed = wins + losses;
    if (changed === 0) return `${name}: no value changed.`;
    if (detectableDrop === undefined) {
      return `${name}: ${changed} of ${count(queries, "value")} changed; fewer than ${needed} changed values are never significant.`;
    }
    return `${name}: if values scatter as they do here, ${count(queries, "question")} detect a drop of ${score(detectableDrop)} with a probability of ${percent(power)}. Smaller drops may pass.`;
  });
}

/** How the p95 changed, as a share: `+12 %`; "" if it was 0. */
export function latencyChange({ p95Ms: { before, after } }: SystemChange): string {
  return before === 0 ? "" : signedPercent(after / before - 1);
}
