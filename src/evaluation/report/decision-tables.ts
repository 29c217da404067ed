import { count, percent, pValueFigure, score, signed } from "../diagnosis/number-words.ts";
import { columns, emptyCell, type PlainTable } from "./plain-table.ts";
import type { ReportDecision } from "./report-data.ts";

/** What the decision is about, in a sentence. */
export function decisionBasis({ model, queries, measure }: ReportDecision): string {
  const scorer = model === null ? "" : ` with ${model}`;
  return `Decided${scorer} by ${measure} on ${count(queries, "question")}; each question is measured with settings that were chosen without it.`;
}

/** The evidence: figures of held-out questions, and the choice of each fold; none if there was no decision. */
export function decisionTables({ evidence, measure }: ReportDecision): PlainTable[] {
  if (evidence === null) return [];
  const { heldOutMean, firstStageMean, difference, interval, pValue, level, folds } = evidence;
  return [
    {
      caption: "Evidence from held-out questions",
      columns: columns(["Figure"], ["Value"]),
      rows: [
        [`${measure} with cross-validated settings`, score(heldOutMean)],
        [`${measure} of the first stage alone`, score(firstStageMean)],
        ["Difference", signed(difference)],
        [
          `${percent(1 - level)} CI of the difference`,
          `${signed(interval.low)} to ${signed(interval.high)}`,
        ],
        ["p value", pValueFigure(pValue)],
        [
          "Difference that these questions detect with a probability of 80 %",
          score(evidence.detectableDifference),
        ],
      ],
    },
    {
      caption: "The choice for each held-out part, made on the other parts",
      columns: columns(
        ["Part", "Choice"],
        ["Blend", "Threshold", "Questions", measure, "First stage alone", "Difference"],
      ),
      rows: folds.map(({ settings, queries, ...means }, index) => [
        String(index + 1),
        settings === null ? "first stage alone" : count(settings.candidateCount, "candidate"),
        settings === null ? emptyCell : String(settings.blend),
        settings?.scoreThreshold === undefined || settings.scoreThreshold === null
          ? emptyCell
          : String(settings.scoreThreshold),
        String(queries),
        score(means.heldOutMean),
        score(means.firstStageMean),
        signed(means.heldOutMean - means.firstStageMean),
      ]),
    },
  ];
}
