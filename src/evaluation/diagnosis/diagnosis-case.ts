import { methods, number, object, string } from "../../option-rules.ts";
import { describe, RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { compareMeasure, type MeasureComparison } from "../comparison/compare-measure.ts";
import type { Evaluation } from "../evaluate.ts";
import type { ExperimentResult, SystemResult } from "../experiment/experiment-result.ts";
import type { SweepResult } from "../sweep/sweep-result.ts";

/** Which two systems `diagnose` compares, and what else its rules may use. */
export interface DiagnosisOptions {
  /** Name of the system without the reranker. */
  readonly baseline: string;
  /** Name of the system that should be better. */
  readonly challenger: string;
  /** A sweep over depths on the same first stage; without it, the rules about depth are skipped. */
  readonly sweep?: SweepResult | undefined;
  /** The kind of each question by its id, for rules about single kinds; a question may have none. */
  readonly kinds?: ReadonlyMap<string, string> | undefined;
  /**
   * Latency budget for the 95th percentile of all queries, in milliseconds above 0; without it, the rule about
   * latency is skipped.
   */
  readonly latencyBudgetMs?: number | undefined;
}

const diagnosisOptionRules: OptionRules<DiagnosisOptions> = {
  baseline: string,
  challenger: string,
  sweep: object,
  kinds: methods("a Map from query id to kind", "get", "values"),
  latencyBudgetMs: number(Number.MIN_VALUE),
};

/** The two systems under diagnosis, and their comparison by the deciding measure. */
export interface DiagnosisCase {
  readonly experiment: ExperimentResult;
  readonly sweep: SweepResult | undefined;
  readonly kinds: ReadonlyMap<string, string>;
  readonly latencyBudgetMs: number | undefined;
  readonly baseline: SystemResult;
  readonly challenger: SystemResult;
  /** By the deciding measure. */
  readonly before: Evaluation;
  readonly after: Evaluation;
  readonly comparison: MeasureComparison;
}

/** Significance level for the one planned comparison; several comparisons are corrected together. */
export const significanceLevel = 0.05;

/**
 * As a share of the baseline's mean. A gain below 3 % seldom justifies the latency of a reranker: it is about
 * one rank, from third to second, on one question in five.
 */
export const worthwhileGain = 0.03;

/**
 * Finds the two systems and compares them.
 *
 * @throws RetrievalError `invalid-option` for an unknown system and for the same system twice, `invalid-input`
 * without measures and for fewer than 2 queries.
 */
export function openCase(experiment: ExperimentResult, options: DiagnosisOptions): DiagnosisCase {
  const {
    sweep,
    kinds = new Map(),
    latencyBudgetMs,
    ...names
  } = requireOptions("diagnose", options, diagnosisOptionRules);
  requireExperiment(experiment);
  const baseline = systemNamed(experiment, "baseline", names.baseline);
  const challenger = systemNamed(experiment, "challenger", names.challenger);
  if (baseline === challenger) {
    throw new RetrievalError(
      "invalid-option",
      `Expected two different systems to compare, got ${JSON.stringify(baseline.name)} as both: pass another challenger.`,
    );
  }
  const before = decidingEvaluation(baseline);
  const after = decidingEvaluation(challenger);
  const comparison = compareMeasure(before, after, { level: significanceLevel });
  const systems = { baseline, challenger, before, after, comparison };
  return { experiment, sweep, kinds, latencyBudgetMs, ...systems };
}

/** Throws `invalid-input` unless the value is the result of an experiment; a common mistake is its promise. */
export function requireExperiment(experiment: ExperimentResult): void {
  if (Array.isArray(Reflect.get(Object(experiment), "systems"))) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`experiment\` to be the result of experiment(), got ${describe(experiment)}.`,
  );
}

/** The system with this name; throws `invalid-option` with the known names if there is none. */
export function systemNamed(
  { systems }: ExperimentResult,
  option: string,
  name: string,
): SystemResult {
  const system = systems.find((one) => one.name === name);
  if (system) return system;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be one of ${systems.map((one) => JSON.stringify(one.name)).join(", ") || "no systems"}, got ${JSON.stringify(name)}.`,
  );
}

/** A system's evaluation by the experiment's first measure. */
export function decidingEvaluation({ name, evaluations }: SystemResult): Evaluation {
  const [first] = evaluations;
  if (first) return first;
  throw new RetrievalError(
    "invalid-input",
    `Expected at least one evaluation of ${JSON.stringify(name)}, got none: pass at least one measure to experiment().`,
  );
}
