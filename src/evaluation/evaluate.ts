import { methods, required } from "../option-rules.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { requireFinite } from "./data/values-by-query.ts";
import { type Judgements, judgementsRule } from "./data/judgements.ts";
import { rankEntries } from "./data/ranking.ts";
import type { Run } from "./data/run.ts";
import { RunColumns } from "./data/run-columns.ts";
import { requireMeasureList, type Measure } from "./measures/measure.ts";

/** A run with its judgements. */
export interface JudgedRun {
  readonly run: Run;
  readonly judgements: Judgements;
}

const judgedRunRules: OptionRules<JudgedRun> = {
  run: required(methods("a run, as runFrom and readRun return", "get")),
  judgements: judgementsRule,
};

/** The values of one measure for a run. */
export interface Evaluation {
  /** The measure's name. */
  readonly name: string;
  /** The value of each judged query, in the order of the judgements. */
  readonly perQuery: ReadonlyMap<string, number>;
  /** The mean over these queries, with equal weights. */
  readonly mean: number;
}

/**
 * Measures a run query by query; several measures at once, in their order, rank it only once. A judged query
 * missing from the run counts 0; queries without judgements are ignored. Documents are sorted as in trec_eval,
 * by score, then by descending id (in the order of UTF-8 bytes). Scores are compared as they are, not rounded
 * to single precision.
 *
 * @throws RetrievalError `invalid-input` if no query is judged, if a query has an id twice, and for scores or
 * grades that are not finite.
 */
export function evaluate(measure: Measure, judgedRun: JudgedRun): Evaluation;
export function evaluate(measures: readonly Measure[], judgedRun: JudgedRun): Evaluation[];
export function evaluate(
  measures: Measure | readonly Measure[],
  judgedRun: JudgedRun,
): Evaluation | Evaluation[] {
  const { run, judgements } = requireOptions("evaluate", judgedRun, judgedRunRules);
  if (isOne(measures)) return meanOf(measures, tabulate([measures], { run, judgements }));
  requireMeasureList(measures);
  const values = tabulate(measures, { run, judgements });
  return measures.map((measure, column) => meanOf(measure, values, column));
}

function isOne(measures: Measure | readonly Measure[]): measures is Measure {
  return typeof measures === "object" && measures !== null && "ofRanking" in measures;
}

/** The value of each measure, for each judged query. */
function tabulate(
  measures: readonly Measure[],
  { run, judgements }: JudgedRun,
): ReadonlyMap<string, readonly number[]> {
  const values = new Map<string, readonly number[]>();
  for (const [query, grades] of judgements) {
    if (grades.size === 0) continue;
    for (const [id, grade] of grades) requireFinite("grade", grade, { query, id });
    const ids = rankedIds(run, query);
    values.set(
      query,
      measures.map((measure) => measure.ofRanking(ids, grades)),
    );
  }
  if (values.size > 0) return values;
  throw new RetrievalError(
    "invalid-input",
    "Expected judgements for at least one query, got none.",
  );
}

function rankedIds(run: Run, query: string): string[] {
  if (run instanceof RunColumns) return run.rankedIds(query);
  return rankEntries(query, run.get(query) ?? []).map(({ id }) => id);
}

function meanOf(
  { name }: Measure,
  values: ReadonlyMap<string, readonly number[]>,
  column: number = 0,
): Evaluation {
  const perQuery = new Map<string, number>();
  let total = 0;
  for (const [query, row] of values) {
    const value = row[column] ?? 0;
    perQuery.set(query, value);
    total += value;
  }
  return { name, perQuery, mean: total / values.size };
}
