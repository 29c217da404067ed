import { milliseconds, percent, pValueFigure, score, signed } from "../diagnosis/number-words.ts";
import { columns, emptyCell, type PlainTable } from "../report/plain-table.ts";
import type { BaselineComparison, BaselineDrop, SystemChange } from "./baseline-comparison.ts";
import { latencyChange } from "./baseline-words.ts";

/** The deciding measure of each system, before and after. */
export function changeTable({ measure, systems, level }: BaselineComparison): PlainTable {
  const pValue = systems.length > 1 ? "p value (Holm)" : "p value";
  return {
    caption: `${measure}, the deciding measure`,
    columns: columns(
      ["System"],
      [
        "Baseline",
        "Now",
        "Difference",
        `${percent(1 - level)} CI`,
        pValue,
        "Better / equal / worse",
        "Detectable drop",
      ],
    ),
    rows: systems.map(({ name, outcome, comparison, detectableDrop }) => {
      const { baselineMean, challengerMean, difference, interval, adjustedPValue } = comparison;
      return [
        outcome === "not-significant" ? name : `${name} (${outcome})`,
        score(baselineMean),
        score(challengerMean),
        signed(difference),
        `${signed(interval.low)} to ${signed(interval.high)}`,
        pValueFigure(adjustedPValue),
        `${comparison.wins} / ${comparison.ties} / ${comparison.losses}`,
        detectableDrop === undefined ? emptyCell : score(detectableDrop),
      ];
    }),
  };
}

/** The means of the measures that do not decide. */
export function otherMeasuresTable({ systems }: BaselineComparison): PlainTable {
  return {
    caption: "Other measures, which do not decide",
    columns: columns(["System", "Measure"], ["Baseline", "Now", "Difference"]),
    rows: systems.flatMap(({ name, means }) =>
      means
        .slice(1)
        .map(({ measure, before, after }) => [
          name,
          measure,
          score(before),
          score(after),
          signed(after - before),
        ]),
    ),
  };
}

/** The 95th percentile of the time per query, before and after. */
export function timeTable({ systems, latencyTolerance }: BaselineComparison): PlainTable {
  const decides =
    latencyTolerance === undefined ? "does not decide" : `may rise by ${percent(latencyTolerance)}`;
  return {
    caption: `95th percentile (p95) of the time per query, which ${decides}`,
    columns: columns(["System"], ["Baseline", "Now", "Difference"]),
    rows: systems.map((system) => [
      system.p95Ms.isTooSlow ? `${system.name} (too slow)` : system.name,
      milliseconds(system.p95Ms.before),
      milliseconds(system.p95Ms.after),
      latencyChange(system),
    ]),
  };
}

/** Settings whose value differs from the baseline's. */
export function settingsTable({ changedSettings }: BaselineComparison): PlainTable {
  return {
    caption: "Changed settings",
    columns: columns(["Setting", "Baseline", "Now"], []),
    rows: changedSettings.map(({ name, before, after }) => [
      name,
      before ?? emptyCell,
      after ?? emptyCell,
    ]),
  };
}

/** How many questions of a system the summary shows. */
const shownDrops = 5;

/** The questions with the largest drops of a system. */
export function dropTable({ name, drops }: SystemChange, measure: string): PlainTable {
  const shown = Math.min(shownDrops, drops.length);
  return {
    caption: `${name}: ${shown} of ${drops.length} questions whose ${measure} fell`,
    columns: columns(
      ["Question", "Id"],
      ["Baseline", "Now", "First relevant rank before", "First relevant rank now"],
    ),
    rows: drops
      .slice(0, shownDrops)
      .map(({ query, text, before, after, rankBefore, rankAfter }: BaselineDrop) => [
        text,
        query,
        score(before),
        score(after),
        rankWords(rankBefore),
        rankWords(rankAfter),
      ]),
  };
}

function rankWords(rank: number | undefined): string {
  return rank === undefined ? "not found" : String(rank);
}
