import { basename } from "node:path";
import { RetrievalError } from "../errors.ts";
import { compareSystems } from "../evaluation/comparison/compare-systems.ts";
import { readJudgements, type JudgementsFormat } from "../evaluation/data/judgements-file.ts";
import { readRun } from "../evaluation/data/run-file.ts";
import { pValueFigure, score, signed } from "../evaluation/diagnosis/number-words.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import { type Shown, tableOf } from "./terminal.ts";

/** Compares two run files, measure by measure, as a table. */
export async function compareRunFiles(
  [first, second]: readonly [string, string | undefined],
  {
    measures,
    judgements: path,
    format,
  }: {
    readonly measures: readonly Measure[];
    readonly judgements?: string;
    readonly format?: JudgementsFormat;
  },
): Promise<Shown> {
  if (second === undefined || path === undefined) {
    throw new RetrievalError(
      "invalid-option",
      "Expected two run files and a judgements file: run `npx langchain-rerank evaluate --compare a.run b.run --judgements qrels.tsv`.",
    );
  }
  const judgements = await readJudgements(path, { format });
  const [baseline, challenger] = await Promise.all(
    [first, second].map(async (run) => evaluate(measures, { run: await readRun(run), judgements })),
  );
  const head = [
    "measure",
    basename(first),
    basename(second),
    "difference",
    "95 % CI",
    "p (Holm)",
    "win/tie/loss",
  ];
  const rows = compareSystems(baseline ?? [], challenger ?? []).map((each) => {
    const { measure, baselineMean, challengerMean, difference, interval, adjustedPValue } = each;
    return [
      measure,
      score(baselineMean),
      score(challengerMean),
      signed(difference),
      `${signed(interval.low)} to ${signed(interval.high)}`,
      pValueFigure(adjustedPValue),
      `${each.wins}/${each.ties}/${each.losses}`,
    ];
  });
  return tableOf(head, rows);
}
