import { milliseconds, percent, pValueFigure, score, signed } from "../diagnosis/number-words.ts";
import { columns, emptyCell, type PlainTable } from "./plain-table.ts";
import type { ReportData, ReportMeasure, ReportPoint, ReportSweep } from "./report-data.ts";

/** For each measure, the systems with their intervals and their differences from the baseline. */
export function comparisonTables({ measures, systems, baseline }: ReportData): PlainTable[] {
  return measures.map((measure, index) => ({
    caption: `${measure}${index === 0 ? ", the deciding measure" : ", exploratory"}`,
    columns: columns(
      ["System"],
      [
        "Mean",
        "95 % CI",
        `Difference from ${baseline}`,
        "95 % CI of the difference",
        "p value",
        "Better / equal / worse",
      ],
    ),
    rows: systems.map(({ name, measures: own }) => {
      const found = own[index];
      return found ? [name, ...comparisonCells(found)] : [name];
    }),
  }));
}

function comparisonCells({ mean, interval, comparison }: ReportMeasure): string[] {
  const own = [score(mean), `${score(interval.low)} to ${score(interval.high)}`];
  if (!comparison) return [...own, "baseline", emptyCell, emptyCell, emptyCell];
  const { difference, interval: range, adjustedPValue, wins, ties, losses } = comparison;
  return [
    ...own,
    signed(difference),
    `${signed(range.low)} to ${signed(range.high)}`,
    pValueFigure(adjustedPValue),
    `${wins} / ${ties} / ${losses}`,
  ];
}

/** Milliseconds of each stage of each system. */
export function latencyTable({ systems }: ReportData): PlainTable {
  return {
    caption: "Measured time per query, by stage",
    columns: columns(["System", "Stage"], ["Mean", "Median (p50)", "95th percentile (p95)"]),
    rows: systems.flatMap(({ name, latency }) =>
      Object.entries(latency).map(([stage, { mean, p50, p95 }]) => [
        name,
        stage,
        milliseconds(mean),
        milliseconds(p50),
        milliseconds(p95),
      ]),
    ),
  };
}

/** How much text the cross-encoders did not see; systems without scores are left out. */
export function truncationTable({ systems }: ReportData): PlainTable {
  return {
    caption: "Passages that the cross-encoder truncated",
    columns: columns(["System"], ["Scored", "Truncated", "Share", "Median tokens lost"]),
    rows: systems
      .filter(({ truncation }) => truncation.scored > 0)
      .map(({ name, truncation: { scored, truncated, share, medianTokens } }) => [
        name,
        scored.toLocaleString("en"),
        truncated.toLocaleString("en"),
        percent(share),
        truncated === 0 ? emptyCell : String(Math.round(medianTokens)),
      ]),
  };
}

/** Every failed query, of a system or of the sweep. */
export function failureTable({ systems, sweep }: ReportData): PlainTable {
  const asked = [...systems, ...(sweep ? [{ name: "the sweep", failures: sweep.failures }] : [])];
  return {
    caption: "Failed queries, which count as 0",
    columns: columns(["System", "Query", "Reason"], []),
    rows: asked.flatMap(({ name, failures }) =>
      Object.entries(failures).map(([query, reason]) => [name, query, reason]),
    ),
  };
}

/** Every setting of the sweep, by the deciding measure. */
export function sweepTable(sweep: ReportSweep): PlainTable {
  return {
    caption: `${sweep.measures[0] ?? "Quality"} and time per query, measured or forecast, by setting`,
    columns: columns(
      ["Setting"],
      ["Blend", "Threshold", "Mean", "95 % CI", "p50", "p95", "Timing"],
    ),
    rows: [
      sweep.firstStage,
      ...sweep.points.filter(({ candidateCount }) => candidateCount !== null),
    ].map((point) => settingRow(point, sweep)),
  };
}

function settingRow(point: ReportPoint, { best, cheapest }: ReportSweep): string[] {
  const { candidateCount, blend, scoreThreshold, means, intervals, latency, timing } = point;
  const marks = [
    ...(isSame(point, best) ? ["best"] : []),
    ...(isSame(point, cheapest) ? ["cheapest"] : []),
  ];
  const setting = candidateCount === null ? "first stage alone" : `${candidateCount} candidates`;
  const [low, high] = [intervals[0]?.low ?? 0, intervals[0]?.high ?? 0];
  return [
    marks.length === 0 ? setting : `${setting} (${marks.join(", ")})`,
    candidateCount === null ? emptyCell : String(blend),
    scoreThreshold === null ? emptyCell : String(scoreThreshold),
    score(means[0] ?? 0),
    `${score(low)} to ${score(high)}`,
    milliseconds(latency.p50),
    milliseconds(latency.p95),
    timing,
  ];
}

function isSame(one: ReportPoint, other: ReportPoint): boolean {
  return (
    one.candidateCount === other.candidateCount &&
    (one.candidateCount === null || one.blend === other.blend) &&
    one.scoreThreshold === other.scoreThreshold
  );
}
