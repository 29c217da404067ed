import { number } from "../../option-rules.ts";
import { describe, RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import {
  compareMeasure,
  comparisonOptionRules,
  type ComparisonOptions,
} from "../comparison/compare-measure.ts";
import { detectableDifference } from "../comparison/detectable-difference.ts";
import { adjustByHolm } from "../comparison/holm-correction.ts";
import { pairedDifferences } from "../comparison/paired-differences.ts";
import { levelOf } from "../comparison/significance-level.ts";
import type { Evaluation } from "../evaluate.ts";
import type { ExperimentResult } from "../experiment/experiment-result.ts";
import {
  type Baseline,
  type BaselineOptions,
  baselineOf,
  baselineOptionRules,
  type BaselineSystem,
} from "./baseline.ts";
import type { BaselineComparison, ChangedSetting, SystemChange } from "./baseline-comparison.ts";
import { verdictOn } from "./baseline-words.ts";
import { dropsOf } from "./drops.ts";
import { requireComparable } from "./require-comparable.ts";

/** How to compare an experiment with a baseline. */
export interface CompareToBaselineOptions extends BaselineOptions, ComparisonOptions {
  /**
   * By which share the 95th percentile (p95) of the time per query may rise, such as 0.25 for 25 %. Set it only if
   * both were measured on the same kind of machine under the same load. @defaultValue latency does not decide
   */
  readonly latencyTolerance?: number | undefined;
}

const compareToBaselineOptionRules: OptionRules<CompareToBaselineOptions> = {
  ...baselineOptionRules,
  ...comparisonOptionRules,
  latencyTolerance: number(0),
};

/**
 * Compares each system of an experiment with its own result in a baseline, question by question, by the deciding
 * measure: a two-sided paired randomisation test, with Holm's correction for the number of systems. Quality has
 * fallen if the corrected p value is at most `level` and the mean is lower. So at most half of `level`, 2.5 % at
 * 0.05, of the comparisons report a drop where questions changed by chance alone; a rerun that returns the same
 * rankings never does. A drop on few questions cannot be significant: at 0.05 and with one system, at least six
 * values must change. Synchronous: blocks the event loop for about 0.1 s per system of 323 queries.
 *
 * @throws RetrievalError `invalid-input` if texts, questions, judgements or measures differ from the baseline's, if
 * one of its systems is missing, if a question failed, and for fewer than 2 questions.
 */
export function compareToBaseline(
  baseline: Baseline,
  experiment: ExperimentResult,
  options: CompareToBaselineOptions = {},
): BaselineComparison {
  requireOptions("compareToBaseline", options, compareToBaselineOptionRules);
  requireBaseline(baseline);
  const { collection, settings, latencyTolerance, power = 0.8, ...resampling } = options;
  const level = levelOf(options);
  const now = baselineOf(experiment, { collection, settings });
  const names = now.systems.map(({ name }) => name);
  requireComparable(baseline, { ...now, systems: names });
  const pairs = baseline.systems.flatMap((before) => {
    const after = now.systems.find(({ name }) => name === before.name);
    if (after === undefined) return [];
    const [was, is] = [decidingOf(before), decidingOf(after)];
    return [{ before, after, comparison: compareMeasure(was, is, { ...resampling, power }) }];
  });
  const adjusted = adjustByHolm(pairs.map(({ comparison }) => comparison.pValue));
  const systems = pairs.map(({ before, after, comparison }, index): SystemChange => {
    const adjustedPValue = adjusted[index] ?? 1;
    const isSignificant = adjustedPValue <= level;
    const own = { before: before.latency.p95, after: after.latency.p95 };
    const isTooSlow =
      latencyTolerance !== undefined && own.after > own.before * (1 + latencyTolerance);
    const { name, evaluations } = before;
    return {
      name,
      outcome: outcomeOf(isSignificant, comparison.difference),
      comparison: { ...comparison, adjustedPValue, isSignificant },
      detectableDrop: detectableDropOf(pairs.length, { before, after, level, power }),
      means: evaluations.map(({ name: measure, mean }, place) => ({
        measure,
        before: mean,
        after: after.evaluations[place]?.mean ?? 0,
      })),
      p95Ms: { ...own, isTooSlow },
      drops: dropsOf(experiment, { before, after }),
    };
  });
  const known = new Set(baseline.systems.map(({ name }) => name));
  const comparison = {
    isWorse: systems.some(({ outcome, p95Ms }) => outcome === "worse" || p95Ms.isTooSlow),
    measure: baseline.measures[0] ?? "",
    queries: baseline.questions.size,
    systems,
    newSystems: names.filter((name) => !known.has(name)),
    changedSettings: changedSettings(baseline.settings, now.settings),
    level,
    power,
    latencyTolerance,
  };
  return { ...comparison, verdict: verdictOn(comparison) };
}

function requireBaseline(baseline: Baseline): void {
  if (Array.isArray(Reflect.get(Object(baseline), "systems")) && "questions" in baseline) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`baseline\` to be the result of readBaseline(), got ${describe(baseline)}.`,
  );
}

function outcomeOf(isSignificant: boolean, difference: number): SystemChange["outcome"] {
  if (!isSignificant) return "not-significant";
  return difference < 0 ? "worse" : "better";
}

/**
 * At Bonferroni's level, which Holm's correction uses for the smallest p value. The test tries sign patterns of the
 * changed values: with n of them, no p value is below 2 / 2 ** n.
 */
function detectableDropOf(
  systems: number,
  {
    before,
    after,
    level,
    power,
  }: {
    readonly before: BaselineSystem;
    readonly after: BaselineSystem;
    readonly level: number;
    readonly power: number;
  },
): number | undefined {
  const own = Math.max(leastLevel, level / systems);
  const differences = pairedDifferences(decidingOf(before), decidingOf(after));
  const changed = differences.filter((difference) => difference !== 0).length;
  if (2 / 2 ** changed > own) return undefined;
  return detectableDifference(differences, { level: own, power });
}

/** The smallest level of `detectableDifference`. */
const leastLevel = 0.001;

function decidingOf({ name, evaluations: [deciding] }: BaselineSystem): Evaluation {
  if (deciding !== undefined) return deciding;
  throw new RetrievalError(
    "invalid-input",
    `Expected at least one measure of ${JSON.stringify(name)}, got none: pass at least one measure to experiment().`,
  );
}

function changedSettings(
  before: Baseline["settings"],
  after: Baseline["settings"],
): ChangedSetting[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, before: before[name], after: after[name] }))
    .filter((setting) => setting.before !== setting.after);
}
