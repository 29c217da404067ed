/** A candidate with its score; `index` is its position in the caller's list. */
export interface Scored<Item> {
  readonly item: Item;
  readonly score: number;
  readonly index: number;
}

/** Sorts best first; ties keep the caller's order, so the same input always ranks the same way. */
export function byScore(a: Scored<unknown>, b: Scored<unknown>): number {
  return b.score - a.score || a.index - b.index;
}

/** The score to sort by: `-Infinity` if it is not a finite number. */
function finiteOrLast(score: number | undefined): number {
  return score !== undefined && Number.isFinite(score) ? score : -Infinity;
}

/**
 * Returns the indices of the scores, best first: ties keep their order, and entries without a finite score go
 * last. If there are `stages`, their scores order ties and entries without a score: the last stage's first.
 */
export function orderByScore(
  scores: Iterable<number | undefined>,
  stages: readonly { readonly scores: ArrayLike<number> }[] = [],
): number[] {
  const columns = stages.map((stage) => stage.scores).toReversed();
  const byStage = (a: number, b: number): number => {
    for (const column of columns) {
      const difference = compareFinite(column[a], column[b]);
      if (difference !== 0) return difference;
    }
    return a - b;
  };
  return Array.from(scores, (score, index) => ({ index, score }))
    .toSorted((a, b) => compareFinite(a.score, b.score) || byStage(a.index, b.index))
    .map(({ index }) => index);
}

/** Best first; what is not a finite number goes last. */
function compareFinite(one: number | undefined, other: number | undefined): number {
  const [a, b] = [finiteOrLast(one), finiteOrLast(other)];
  return a === b ? 0 : b - a;
}
