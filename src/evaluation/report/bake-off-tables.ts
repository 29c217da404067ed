import {
  count,
  milliseconds,
  percent,
  pValueFigure,
  score,
  signed,
} from "../diagnosis/number-words.ts";
import type { BakeOffReportData, ReportEntry } from "./bake-off-data.ts";
import { columns, emptyCell, type PlainTable } from "./plain-table.ts";

/** The entries that no other one beats, cheapest first. */
export function frontTable({ front, measures, recommended, best }: BakeOffReportData): PlainTable {
  const isPriced = front.some(({ pricePerQuery }) => pricePerQuery > 0);
  return {
    caption: `The Pareto front by ${measures[0] ?? "quality"} and cost, cheapest first`,
    columns: columns(
      ["Entry"],
      [
        "Mean",
        "95 % CI",
        "Difference from the best",
        "95 % CI of the difference",
        "p value",
        "Mean time",
        "95th percentile (p95)",
        ...(isPriced ? ["Price per query"] : []),
      ],
    ),
    rows: front.map(({ interval, comparison, ...entry }) => {
      const marks = [
        ...(entry.name === recommended ? ["recommended"] : []),
        ...(entry.name === best ? ["best"] : []),
      ];
      const { difference, interval: range, pValue } = comparison;
      const compared =
        entry.name === best
          ? [emptyCell, emptyCell, emptyCell]
          : [
              signed(difference),
              `${signed(range.low)} to ${signed(range.high)}`,
              pValueFigure(pValue),
            ];
      return [
        marks.length === 0 ? entry.name : `${entry.name} (${marks.join(", ")})`,
        score(entry.means[0] ?? 0),
        `${score(interval.low)} to ${score(interval.high)}`,
        ...compared,
        milliseconds(entry.latency.mean),
        milliseconds(entry.latency.p95),
        ...(isPriced ? [String(entry.pricePerQuery)] : []),
      ];
    }),
  };
}

/** Whether each reranker improves each first stage. */
export function admissionTable({ admissions, measures }: BakeOffReportData): PlainTable {
  return {
    caption: `Gain in ${measures[0] ?? "quality"} over the first stage alone, cross-validated`,
    columns: columns(
      ["First stage", "Reranker", "Admitted"],
      ["First stage alone", "Gain", "95 % CI", "p value", "Better / equal / worse"],
    ),
    rows: admissions.map(({ firstStage, reranker, comparison, adjustedPValue, isAdmitted }) => {
      const { baselineMean, difference, interval, wins, ties, losses } = comparison;
      return [
        firstStage,
        reranker,
        isAdmitted ? "yes" : "no",
        score(baselineMean),
        signed(difference),
        `${signed(interval.low)} to ${signed(interval.high)}`,
        pValueFigure(adjustedPValue),
        `${wins} / ${ties} / ${losses}`,
      ];
    }),
  };
}

/** Each pair of rerankers, each at its best. */
export function rerankerTable({ comparisons, measures }: BakeOffReportData): PlainTable {
  return {
    caption: `Each pair of rerankers, each at its best, by ${measures[0] ?? "quality"}`,
    columns: columns(
      ["Worse", "Better"],
      ["Difference", "95 % CI", "p value, corrected", "Better / equal / worse"],
    ),
    rows: comparisons.map(
      ({ baseline, challenger, difference, interval, adjustedPValue, wins, ties, losses }) => [
        baseline,
        challenger,
        signed(difference),
        `${signed(interval.low)} to ${signed(interval.high)}`,
        pValueFigure(adjustedPValue),
        `${wins} / ${ties} / ${losses}`,
      ],
    ),
  };
}

/** How alike two rerankers rank. */
export function agreementTable({ agreements }: BakeOffReportData): PlainTable {
  return {
    caption: "Agreement of the rerankers on all passages that a first stage found",
    columns: columns(["Reranker", "Other reranker"], ["Rank correlation", "Shared first ten"]),
    rows: agreements.map(({ rerankers: [one, other], rankCorrelation, overlapAt10 }) => [
      one,
      other,
      rankCorrelation.toFixed(2),
      percent(overlapAt10),
    ]),
  };
}

/** Every entry, cheapest first. */
export function entryTable({ entries, measures }: BakeOffReportData): PlainTable {
  return {
    caption: "Every entry, cheapest first",
    columns: columns(["Entry"], [...measures, "Mean time", "Median (p50)", "p95"]),
    rows: entries.map(({ name, means, latency }: ReportEntry) => [
      name,
      ...means.map(score),
      milliseconds(latency.mean),
      milliseconds(latency.p50),
      milliseconds(latency.p95),
    ]),
  };
}

/** Every failed query. */
export function failedQueryTable({ failures }: BakeOffReportData): PlainTable {
  return {
    caption: "Failed queries, which count as 0",
    columns: columns(["Query", "Reason"], []),
    rows: Object.entries(failures),
  };
}

/** How the report was made: names and their values. */
export function bakeOffMade({
  queries,
  entries,
  comparisons,
  command,
  machine,
}: BakeOffReportData): [name: string, what: string][] {
  const told = { Command: command, Machine: machine };
  return [
    ["Questions", queries.toLocaleString("en")],
    [
      "Entries",
      `${count(entries.length, "combination")} of first stage, reranker, depth and blend, derived from scores that were computed once`,
    ],
    [
      "Times",
      "the first stage as measured; the reranker’s share of its measured time for all passages, estimated from its cost per token",
    ],
    [
      "Tests",
      `two-sided paired randomisation test; only rerankers that improve their first stage significantly in five-fold cross-validation are admitted to the front, with p values corrected by Holm’s method for the rerankers over one first stage; p values on the front are not corrected, those of the ${count(comparisons.length, "comparison")} between rerankers are corrected together by Holm’s method; the same questions choose and measure, so the best mean is optimistic`,
    ],
    ...Object.entries(told).flatMap(([name, what]): [string, string][] =>
      what === null ? [] : [[name, what]],
    ),
  ];
}
