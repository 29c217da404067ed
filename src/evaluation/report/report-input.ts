import { array, object, required, string, wholeNumber } from "../../option-rules.ts";
import { RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import { decidingEvaluation, systemNamed } from "../diagnosis/diagnosis-case.ts";
import type { Finding } from "../diagnosis/finding.ts";
import type { ExperimentResult, SystemResult } from "../experiment/experiment-result.ts";
import type { SweepResult } from "../sweep/sweep-result.ts";

/** The results to report, and the two systems to compare. */
export interface ReportInput {
  readonly experiment: ExperimentResult;
  readonly sweep?: SweepResult | undefined;
  /** What `diagnose` found. @defaultValue no findings, and no chapter on them */
  readonly findings?: readonly Finding[] | undefined;
  /** What stands above everything. @defaultValue "Reranking report" */
  readonly title?: string | undefined;
  /** Name of the system that the others are compared with. @defaultValue the experiment's first system */
  readonly baseline?: string | undefined;
  /** Name of the system that the verdict is about. @defaultValue the best of the others by the deciding measure */
  readonly challenger?: string | undefined;
  /** How often intervals and tests draw, at least 1. @defaultValue 10_000 */
  readonly resamples?: number | undefined;
  /** From which seed they draw: a whole number of at least 0. @defaultValue 1 */
  readonly seed?: number | undefined;
  /** The command that makes this report again, for its footer. */
  readonly command?: string | undefined;
  /** What the times were measured on, for its footer. */
  readonly machine?: string | undefined;
}

export const reportInputRules: OptionRules<ReportInput> = {
  experiment: required(object),
  sweep: object,
  findings: array,
  title: string,
  baseline: string,
  challenger: string,
  resamples: wholeNumber(1),
  seed: wholeNumber(0),
  command: string,
  machine: string,
};

/** The two systems that a report speaks of; no challenger where there is only one system. */
export interface ReportSides {
  readonly baseline: SystemResult;
  readonly challenger: SystemResult | undefined;
}

/**
 * Finds the two systems.
 *
 * @throws RetrievalError `invalid-input` without systems, `invalid-option` for a name that none has
 * and for one name twice.
 */
export function sidesOf(input: ReportInput): ReportSides {
  const { experiment, challenger } = input;
  const [first] = experiment.systems;
  if (!first) {
    throw new RetrievalError(
      "invalid-input",
      "Expected an experiment with at least one system, got none: hand in what experiment() gave.",
    );
  }
  const baseline =
    input.baseline === undefined ? first : systemNamed(experiment, "baseline", input.baseline);
  if (challenger === undefined) return { baseline, challenger: bestBeside(baseline, experiment) };
  if (challenger !== baseline.name) {
    return { baseline, challenger: systemNamed(experiment, "challenger", challenger) };
  }
  throw new RetrievalError(
    "invalid-option",
    `Expected \`challenger\` to be another system than the baseline, got ${JSON.stringify(challenger)} as both.`,
  );
}

function bestBeside(
  baseline: SystemResult,
  { systems }: ExperimentResult,
): SystemResult | undefined {
  return systems
    .filter((system) => system !== baseline)
    .toSorted((a, b) => decidingEvaluation(b).mean - decidingEvaluation(a).mean)[0];
}
