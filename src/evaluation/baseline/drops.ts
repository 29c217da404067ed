import type { Grades } from "../data/judgements.ts";
import { sortEntries } from "../data/ranking.ts";
import type { Run } from "../data/run.ts";
import type { ExperimentResult } from "../experiment/experiment-result.ts";
import type { BaselineSystem } from "./baseline.ts";
import type { BaselineDrop } from "./baseline-comparison.ts";

/** Differences up to this size are rounding errors. */
const tieTolerance = 1e-9;

/** The questions whose value of the deciding measure fell, largest drop first. */
export function dropsOf(
  { queries, judgements }: ExperimentResult,
  { before, after }: { readonly before: BaselineSystem; readonly after: BaselineSystem },
): BaselineDrop[] {
  const [was, is] = [before.evaluations[0]?.perQuery, after.evaluations[0]?.perQuery];
  return Array.from(queries, ([query, text]) => {
    const grades = judgements.get(query) ?? new Map();
    return {
      query,
      text,
      before: was?.get(query) ?? 0,
      after: is?.get(query) ?? 0,
      rankBefore: firstRelevant(before.run, query, grades),
      rankAfter: firstRelevant(after.run, query, grades),
    };
  })
    .filter((drop) => drop.before - drop.after > tieTolerance)
    .toSorted((a, b) => b.before - b.after - (a.before - a.after));
}

function firstRelevant(run: Run, query: string, grades: Grades): number | undefined {
  const index = sortEntries(run.get(query) ?? []).findIndex(({ id }) => (grades.get(id) ?? 0) > 0);
  return index === -1 ? undefined : index + 1;
}
