import { count, percent } from "../diagnosis/number-words.ts";
import type { ReportData } from "./report-data.ts";

/** How the report was made: names and their values. */
export function madeWords({
  made,
  systems,
  baseline,
  challenger,
  measures,
}: ReportData): [name: string, what: string][] {
  const { queries, judgements, relevant, isSynthetic, level, resamples, seed } = made;
  const familyWords = (): string => {
    if (challenger === null) return "";
    const pair = `${challenger} against ${baseline} by ${measures[0] ?? ""}`;
    const deciding =
      made.candidates > 1
        ? `${pair}, the best of ${made.candidates} systems, has its p value adjusted for these`
        : `${pair} is tested by itself`;
    return `; ${deciding}; all other comparisons are exploratory, their p values adjusted together, both by Holm’s method`;
  };
  const told = { Command: made.command, Machine: made.machine };
  return [
    [
      "Questions",
      `${queries.toLocaleString("en")}, ${isSynthetic ? "made by a model (synthetic)" : "not made by a model"}`,
    ],
    [
      "Judgements",
      `${judgements.toLocaleString("en")}, of which ${relevant.toLocaleString("en")} relevant; what has no judgement counts as not relevant`,
    ],
    ["Systems", `${systems.map(({ name }) => name).join(", ")}; compared with ${baseline}`],
    [
      "Intervals",
      `percentile bootstrap of ${percent(1 - level)}, ${count(resamples, "resample")}, seed ${seed}`,
    ],
    ["Tests", `two-sided paired randomisation test${familyWords()}`],
    ...Object.entries(told).flatMap(([name, what]): [string, string][] =>
      what === null ? [] : [[name, what]],
    ),
  ];
}
