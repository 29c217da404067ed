import { bootstrapInterval } from "../comparison/bootstrap-interval.ts";
import { compareInFamilies, type CorrectedComparison } from "../comparison/compare-systems.ts";
import { significanceLevel } from "../diagnosis/diagnosis-case.ts";
import { truncationOf } from "../diagnosis/truncation.ts";
import type { SystemResult } from "../experiment/experiment-result.ts";
import type { SweepPoint, SweepResult } from "../sweep/sweep-result.ts";
import { decisionFigures } from "./decision-figures.ts";
import { queryDifferences } from "./query-differences.ts";
import { rankShifts } from "./rank-shifts.ts";
import type { ReportData, ReportPoint, ReportSweep, ReportSystem } from "./report-data.ts";
import { type ReportInput, sidesOf } from "./report-input.ts";
import { verdictOf } from "./verdict.ts";

/** How many of the questions helped most, and of those harmed most, the report shows with their texts. */
const shownCases = 3;

/**
 * Computes every figure of the report, for all formats; the same input gives the same figures.
 *
 * @throws RetrievalError as `renderReport` does.
 */
export function gatherReport(input: ReportInput): ReportData {
  const { experiment, sweep, findings = [], title = "Reranking report", command, machine } = input;
  const { resamples = 10_000, seed = 1 } = input;
  const decision = input.configuration === undefined ? null : decisionFigures(input.configuration);
  const sides = sidesOf(input);
  const { baseline, challenger } = sides;
  const options = { resamples, seed, level: significanceLevel };
  const others = experiment.systems.filter((system) => system !== baseline);
  // The systems that the challenger was chosen from; only itself if the caller named it.
  const candidates = others.filter((one) => input.challenger === undefined || one === challenger);
  const candidateNames = new Set(candidates.map(({ name }) => name));
  // The comparisons of these candidates by the deciding measure are one family. All others are exploratory, and
  // do not weaken the planned comparison.
  const comparisons = compareInFamilies(
    {
      baseline: baseline.evaluations,
      challengers: new Map(others.map(({ name, evaluations }) => [name, evaluations])),
      familyOf: (name, index) =>
        index === 0 && candidateNames.has(name) ? "deciding" : "exploratory",
    },
    options,
  );
  const differences = queryDifferences(experiment, sides);
  const grades = Array.from(experiment.judgements.values(), (own) => [...own.values()]).flat();
  const helped = differences.filter(({ difference }) => difference > 0);
  const harmed = differences.filter(({ difference }) => difference < 0).toReversed();
  return {
    version: 1,
    title,
    verdict: verdictOf({ ...sides, candidates }, comparisons),
    measures: experiment.measures,
    baseline: baseline.name,
    challenger: challenger?.name ?? null,
    systems: experiment.systems.map((system) =>
      systemFigures(system, comparisons.get(system.name) ?? [], options),
    ),
    findings,
    sweep: sweep ? sweepFigures(sweep) : null,
    decision,
    differences,
    helped: rankShifts(helped.slice(0, shownCases), experiment, sides),
    harmed: rankShifts(harmed.slice(0, shownCases), experiment, sides),
    made: {
      queries: experiment.queries.size,
      judgements: grades.length,
      relevant: grades.filter((grade) => grade >= 1).length,
      isSynthetic: experiment.isSynthetic,
      candidates: candidates.length,
      level: significanceLevel,
      resamples,
      seed,
      command: command ?? null,
      machine: machine ?? null,
    },
  };
}

function systemFigures(
  system: SystemResult,
  comparisons: readonly CorrectedComparison[],
  options: { readonly resamples: number; readonly seed: number; readonly level: number },
): ReportSystem {
  return {
    name: system.name,
    measures: system.evaluations.map(({ name, mean, perQuery }) => ({
      name,
      mean,
      interval: bootstrapInterval([...perQuery.values()], options),
      perQuery: Object.fromEntries(perQuery),
      comparison: comparisons.find(({ measure }) => measure === name) ?? null,
    })),
    latency: Object.fromEntries(system.latency),
    truncation: truncationOf(system),
    failures: Object.fromEntries(system.failures),
  };
}

function sweepFigures({ oracle, measures, ...sweep }: SweepResult): ReportSweep {
  return {
    measures,
    firstStage: pointFigures(sweep.firstStage),
    points: sweep.points.map((point) => pointFigures(point)),
    best: pointFigures(sweep.best),
    cheapest: pointFigures(sweep.cheapest),
    oracle: oracle.mean,
    failures: Object.fromEntries(sweep.failures),
  };
}

function pointFigures(point: SweepPoint): ReportPoint {
  return {
    candidateCount: point.candidateCount ?? null,
    blend: point.blend,
    scoreThreshold: point.scoreThreshold ?? null,
    means: point.evaluations.map(({ mean }) => mean),
    intervals: point.intervals,
    latency: point.latency,
    timing: point.timing,
  };
}
