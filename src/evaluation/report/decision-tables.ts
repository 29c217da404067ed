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
      columns: columns(
        ["Measure"],
        [
          "Cross-validated settings",
          "First stage alone",
          "Difference",
          `${percent(1 - level)} CI of the difference`,
          "p value",
          "Detectable difference",
        ],
      ),
      rows: [
        [
          measure,
          score(heldOutMean),
          score(firstStageMean),
          signed(difference),
          `${signed(interval.low)} to ${signed(interval.high)}`,
          pValueFigure(pValue),
          score(evidence.detectableDifference),
        ],
      ],
    },
    {
      caption: "The choice for each held-out part, made on the other parts",
      columns: columns(
        ["Held out", "Choice"],
        ["Blend", "Threshold", "Questions", measure, "First stage alone", "Difference"],
      ),
      rows: folds.map(({ settings, queries, ...means }, index) => [
        `part ${index + 1}`,
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
