import { array, object, required, string, wholeNumber } from "../../option-rules.ts";
import { RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import { decidingEvaluation, systemNamed } from "../diagnosis/diagnosis-case.ts";
import type { Finding } from "../diagnosis/finding.ts";
import type { ExperimentResult, SystemResult } from "../experiment/experiment-result.ts";
import type { Configuration } from "../gate/configuration.ts";
import type { SweepResult } from "../sweep/sweep-result.ts";

/** The results to report, and the two systems to compare. */
export interface ReportInput {
  readonly experiment: ExperimentResult;
  readonly sweep?: SweepResult | undefined;
  /** The decision of `chooseConfiguration`. @defaultValue no section for it */
  readonly configuration?: Configuration | undefined;
  /** The findings of `diagnose`. @defaultValue no findings, and no section for them */
  readonly findings?: readonly Finding[] | undefined;
  /** The heading. @defaultValue "Reranking report" */
  readonly title?: string | undefined;
  /** Name of the system that the others are compared with. @defaultValue the experiment's first system */
  readonly baseline?: string | undefined;
  /**
   * Name of the system that the verdict is about. @defaultValue the best of the others by the deciding measure
   */
  readonly challenger?: string | undefined;
  /** Number of resamples for intervals and tests, at least 1. @defaultValue 10_000 */
  readonly resamples?: number | undefined;
  /** Seed of the resamples, a whole number of at least 0. @defaultValue 1 */
  readonly seed?: number | undefined;
  /** The command that recreates the report, for its footer. */
  readonly command?: string | undefined;
  /** The machine that times were measured on, for the footer. */
  readonly machine?: string | undefined;
}

export const reportInputRules: OptionRules<ReportInput> = {
  experiment: required(object),
  sweep: object,
  configuration: object,
  findings: array,
  title: string,
  baseline: string,
  challenger: string,
  resamples: wholeNumber(1),
  seed: wholeNumber(0),
  command: string,
  machine: string,
};

/** The two systems of a report; no challenger if there is only one system. */
export interface ReportSides {
  readonly baseline: SystemResult;
  readonly challenger: SystemResult | undefined;
}

/**
 * Finds the two systems.
 *
 * @throws RetrievalError `invalid-input` without systems, `invalid-option` for an unknown system and for the
 * same system twice.
 */
export function sidesOf(input: ReportInput): ReportSides {
  const { experiment, challenger } = input;
  const [first] = experiment.systems;
  if (!first) {
    throw new RetrievalError(
      "invalid-input",
      "Expected an experiment with at least one system, got none: pass the result of experiment().",
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
    `Expected \`challenger\` to differ from the baseline, got ${JSON.stringify(challenger)} as both: pass another challenger.`,
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
