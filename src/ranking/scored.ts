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
export function finiteOrLast(score: number | undefined): number {
  return score !== undefined && Number.isFinite(score) ? score : -Infinity;
}

/**
 * Returns the indices of the scores, best first: ties keep their order, and entries without a finite score go
 * last.
 */
export function orderByScore(scores: Iterable<number | undefined>): number[] {
  return Array.from(scores, (score, index) => ({ item: index, index, score: finiteOrLast(score) }))
    .toSorted(byScore)
    .map(({ item }) => item);
}
