/** A candidate with its score; `index` is its place in the list that the caller passed. */
export interface Scored<Item> {
  readonly item: Item;
  readonly score: number;
  readonly index: number;
}

/** Best first; equal scores keep the caller's order, so the same input always ranks the same way. */
export function byScore(a: Scored<unknown>, b: Scored<unknown>): number {
  return b.score - a.score || a.index - b.index;
}

/** The score to sort by: what has no finite one goes last. */
export function finiteOrLast(score: number | undefined): number {
  return score !== undefined && Number.isFinite(score) ? score : -Infinity;
}

/** Indices of the scores, best first: ties keep their order, and what has no finite score goes last. */
export function orderByScore(scores: Iterable<number | undefined>): number[] {
  return Array.from(scores, (score, index) => ({ item: index, index, score: finiteOrLast(score) }))
    .toSorted(byScore)
    .map(({ item }) => item);
}
