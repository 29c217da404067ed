import type { Grades } from "../data/judgements.ts";
import { type Measure, measureName, type RelevanceOptions } from "./measure.ts";

interface BinaryMeasure extends RelevanceOptions {
  readonly cutoff: number;
  /**
   * Computes the value from the ranks of the relevant documents up to the cutoff, and the number of all
   * relevant documents.
   */
  readonly valueOf: (ranks: readonly number[], relevant: number) => number;
}

/** A measure for which a document is either relevant or not; a document without a judgement is not. */
export function binaryMeasure(
  symbol: string,
  { cutoff, relevanceLevel = 1, valueOf }: BinaryMeasure,
): Measure {
  return {
    name: measureName(symbol, { cutoff, relevanceLevel }),
    ofRanking: (ids, grades) =>
      valueOf(
        ranksOfRelevant(ids, grades, { cutoff, relevanceLevel }),
        countRelevant(grades, relevanceLevel),
      ),
  };
}

/** Ascending, from 1. */
function ranksOfRelevant(
  ids: readonly string[],
  grades: Grades,
  { cutoff, relevanceLevel }: { readonly cutoff: number; readonly relevanceLevel: number },
): number[] {
  const ranks: number[] = [];
  const depth = Math.min(cutoff, ids.length);
  for (let index = 0; index < depth; index += 1) {
    const grade = grades.get(ids[index] ?? "") ?? 0;
    if (grade >= relevanceLevel) ranks.push(index + 1);
  }
  return ranks;
}

function countRelevant(grades: Grades, relevanceLevel: number): number {
  let count = 0;
  for (const grade of grades.values()) if (grade >= relevanceLevel) count += 1;
  return count;
}
