import type { ExperimentResult, FoundDocument } from "../experiment/experiment-result.ts";
import type { ReportCase, ReportDifference, ReportShift } from "./report-data.ts";
import type { ReportSides } from "./report-input.ts";

/** Maximum number of relevant documents shown for one question. */
const mostDocuments = 6;

/**
 * The ranks of these questions' relevant documents in both systems, best new rank first; and the challenger's
 * first document if it is not relevant.
 */
export function rankShifts(
  differences: readonly ReportDifference[],
  { judgements }: ExperimentResult,
  { baseline, challenger }: ReportSides,
): ReportCase[] {
  return differences.map((difference) => {
    const grades = judgements.get(difference.query) ?? new Map<string, number>();
    const before = documentsOf(baseline.outcomes.get(difference.query)?.documents);
    const now = documentsOf(challenger?.outcomes.get(difference.query)?.documents);
    const shiftOf = (id: string): ReportShift => {
      const [old, found] = [before.get(id), now.get(id)];
      const text = found?.text ?? old?.text ?? "";
      const grade = grades.get(id) ?? null;
      return { id, text, grade, from: old?.rank ?? null, to: found?.rank ?? null };
    };
    const relevant = [...grades].filter(([, grade]) => grade >= 1).map(([id]) => shiftOf(id));
    const first = [...now.values()].find(({ rank }) => rank === 1);
    const isIntruder = first !== undefined && (grades.get(first.id) ?? 0) < 1;
    return {
      ...difference,
      relevant: relevant.toSorted(byNewRank).slice(0, mostDocuments),
      intruder: isIntruder ? shiftOf(first.id) : null,
    };
  });
}

function documentsOf(found: readonly FoundDocument[] = []): ReadonlyMap<string, FoundDocument> {
  return new Map(found.map((document) => [document.id, document]));
}

function byNewRank(a: ReportShift, b: ReportShift): number {
  return sortableRank(a.to) - sortableRank(b.to) || sortableRank(a.from) - sortableRank(b.from);
}

/** Sorts missing ranks last; unlike `Infinity`, two of them have a difference of 0. */
function sortableRank(rank: number | null): number {
  return rank ?? Number.MAX_SAFE_INTEGER;
}
