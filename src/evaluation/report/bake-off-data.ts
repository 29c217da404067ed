import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { MeasureComparison } from "../comparison/compare-measure.ts";
import type { Admission } from "../bake-off/admission.ts";
import type { Agreement } from "../bake-off/agreement.ts";
import type { BakeOffResult } from "../bake-off/bake-off-result.ts";
import type { BakeOffEntry } from "../bake-off/entries.ts";
import type { Latency } from "../experiment/experiment-result.ts";
import type { Configuration } from "../gate/configuration.ts";

/** One entry of a bake-off in its report. */
export interface ReportEntry {
  readonly name: string;
  readonly firstStage: string;
  readonly reranker: string;
  /** `null` for the first stage alone. */
  readonly candidateCount: number | null;
  readonly blend: number;
  /** The mean of each measure, in their order. */
  readonly means: readonly number[];
  /** In milliseconds. */
  readonly latency: Latency;
  readonly pricePerQuery: number;
}

/** An entry on the Pareto front, with its comparison with the best one. */
export interface ReportFrontEntry extends ReportEntry {
  readonly interval: Interval;
  readonly comparison: MeasureComparison;
}

/** Two rerankers at their best. */
export interface ReportRerankerComparison extends MeasureComparison {
  readonly baseline: string;
  readonly challenger: string;
  readonly adjustedPValue: number;
  readonly isSignificant: boolean;
}

/** Every figure of a bake-off's report; plain data, which JSON preserves. */
export interface BakeOffReportData {
  readonly version: 1;
  readonly title: string;
  readonly verdict: string;
  readonly measures: readonly string[];
  readonly queries: number;
  /** Name of the recommended entry; `null` if none is within the limits. */
  readonly recommended: string | null;
  /** Name of the best entry within the limits. */
  readonly best: string | null;
  readonly missingQueries: number;
  readonly admissions: readonly Admission[];
  readonly front: readonly ReportFrontEntry[];
  readonly entries: readonly ReportEntry[];
  readonly comparisons: readonly ReportRerankerComparison[];
  readonly agreements: readonly Agreement[];
  readonly configuration: Configuration;
  readonly failures: Readonly<Record<string, string>>;
  readonly command: string | null;
  readonly machine: string | null;
}

/** The result of a bake-off, and what else its report says. */
export interface BakeOffReportInput {
  /** The result of `bakeOff`. */
  readonly bakeOff: BakeOffResult;
  /** The heading. @defaultValue "Which reranker to use" */
  readonly title?: string | undefined;
  /** The command that recreates the report, for its footer. */
  readonly command?: string | undefined;
  /** The machine that times were measured on, for the footer. */
  readonly machine?: string | undefined;
}

/** Gathers the figures of the report. */
export function gatherBakeOff({
  bakeOff,
  title = "Which reranker to use",
  command,
  machine,
}: BakeOffReportInput): BakeOffReportData {
  const { measures, queries, missingQueries, agreements, configuration, failures } = bakeOff;
  return {
    version: 1,
    title,
    verdict: configuration.reason,
    measures,
    queries,
    recommended: bakeOff.recommended?.name ?? null,
    best: bakeOff.best?.name ?? null,
    missingQueries,
    admissions: bakeOff.admissions,
    front: bakeOff.front.map((entry) => ({
      ...reportEntry(entry),
      interval: entry.interval,
      comparison: entry.comparison,
    })),
    entries: bakeOff.entries.map(reportEntry),
    comparisons: bakeOff.comparisons.map(
      ({ baseline, challenger, comparison, adjustedPValue, isSignificant }) => ({
        ...comparison,
        baseline: baseline.name,
        challenger: challenger.name,
        adjustedPValue,
        isSignificant,
      }),
    ),
    agreements,
    configuration,
    failures: Object.fromEntries(failures),
    command: command ?? null,
    machine: machine ?? null,
  };
}

function reportEntry({
  name,
  firstStage,
  reranker,
  settings: { candidateCount, blend },
  evaluations,
  latency,
  pricePerQuery,
}: BakeOffEntry): ReportEntry {
  return {
    name,
    firstStage,
    reranker,
    candidateCount: candidateCount ?? null,
    blend,
    means: evaluations.map(({ mean }) => mean),
    latency,
    pricePerQuery,
  };
}
