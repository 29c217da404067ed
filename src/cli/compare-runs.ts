import { basename } from "node:path";
import { RetrievalError } from "../errors.ts";
import { compareSystems } from "../evaluation/comparison/compare-systems.ts";
import { readJudgements } from "../evaluation/data/judgements-file.ts";
import { readRun } from "../evaluation/data/run-file.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import { newTable } from "./output.ts";

/** Compares two runs from files, measure by measure, as a table. */
export async function compareRunFiles(
  [first, second]: readonly [string, string | undefined],
  {
    measures,
    judgements: path,
  }: { readonly measures: readonly Measure[]; readonly judgements?: string },
): Promise<string> {
  if (second === undefined || path === undefined) {
    throw new RetrievalError(
      "invalid-option",
      "Expected two runs and what people judged: evaluate --compare a.run b.run --judgements qrels.tsv",
    );
  }
  const format = path.endsWith(".tsv") ? "beir" : path.endsWith(".jsonl") ? "jsonl" : "trec";
  const judgements = await readJudgements(path, { format });
  const [baseline, challenger] = await Promise.all(
    [first, second].map(async (run) =>
      evaluate(measures, {
        run: await readRun(run, { format: run.endsWith(".jsonl") ? "jsonl" : "trec" }),
        judgements,
      }),
    ),
  );
  const table = newTable([
    "measure",
    basename(first),
    basename(second),
    "difference",
    "95 % interval",
    "p (Holm)",
    "win/tie/loss",
  ]);
  for (const each of compareSystems(baseline ?? [], challenger ?? [])) {
    const { measure, baselineMean, challengerMean, difference, interval, adjustedPValue } = each;
    table.push([
      measure,
      baselineMean.toFixed(4),
      challengerMean.toFixed(4),
      signed(difference),
      `${signed(interval.low)} to ${signed(interval.high)}`,
      adjustedPValue.toFixed(4),
      `${each.wins}/${each.ties}/${each.losses}`,
    ]);
  }
  return table.toString();
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}
