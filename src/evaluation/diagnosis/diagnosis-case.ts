import { number, object, string } from "../../option-rules.ts";
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
  /** Depths tried on the same first stage; without it no rule speaks of depth. */
  readonly sweep?: SweepResult | undefined;
  /** The kind of each question by its id; questions without one belong to no kind. */
  readonly kinds?: ReadonlyMap<string, string> | undefined;
  /** What the 95th percentile of a query may take, in milliseconds above 0; without it no rule speaks of latency. */
  readonly latencyBudgetMs?: number | undefined;
}

const diagnosisOptionRules: OptionRules<DiagnosisOptions> = {
  baseline: string,
  challenger: string,
  sweep: object,
  kinds: object,
  latencyBudgetMs: number(Number.MIN_VALUE),
};

/** The two systems under diagnosis, and the planned comparison by the measure that decides. */
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

/** One planned comparison is held to this level; several are corrected to it together. */
export const significanceLevel = 0.05;

/**
 * Of the baseline's mean. Below 3 % a reranker seldom pays for its milliseconds: it is about one
 * place, from third to second, on one question in five.
 */
export const worthwhileGain = 0.03;

/**
 * Finds the two systems and compares them.
 *
 * @throws RetrievalError `invalid-option` for a name that no system has and for one name twice,
 * `invalid-input` without measures and for fewer than 2 queries.
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
      `Expected two systems to compare, got ${JSON.stringify(baseline.name)} as both: name another challenger.`,
    );
  }
  const before = decidingEvaluation(baseline);
  const after = decidingEvaluation(challenger);
  const comparison = compareMeasure(before, after, { level: significanceLevel });
  const systems = { baseline, challenger, before, after, comparison };
  return { experiment, sweep, kinds, latencyBudgetMs, ...systems };
}

/** Refuses what is no result of an experiment, such as its promise. */
export function requireExperiment(experiment: ExperimentResult): void {
  if (Array.isArray(Reflect.get(Object(experiment), "systems"))) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`experiment\` to be what experiment() gives, got ${describe(experiment)}.`,
  );
}

/** The system of that name; refuses others, and says which there are. */
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

/** What the first of the experiment's measures says of a system. */
export function decidingEvaluation({ name, evaluations }: SystemResult): Evaluation {
  const [first] = evaluations;
  if (first) return first;
  throw new RetrievalError(
    "invalid-input",
    `Expected ${JSON.stringify(name)} to be measured, got no evaluation: hand at least one measure to the experiment.`,
  );
}
