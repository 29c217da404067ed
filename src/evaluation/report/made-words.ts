import { count, percent } from "../diagnosis/number-words.ts";
import type { ReportData } from "./report-data.ts";

/** How the report was made: names and what they are. */
export function madeWords({ made, systems, baseline }: ReportData): [name: string, what: string][] {
  const { queries, judgements, relevant, isSynthetic, level, resamples, seed } = made;
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
    [
      "Tests",
      "two-sided paired randomisation test; p values adjusted by Holm’s method for all comparisons of this report",
    ],
    ...Object.entries(told).flatMap(([name, what]): [string, string][] =>
      what === null ? [] : [[name, what]],
    ),
  ];
}
