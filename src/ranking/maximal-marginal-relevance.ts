import { byScore } from "./scored.ts";

export interface MarginalRelevanceOptions {
  /** Weight of relevance in 0..1; the rest is the weight of novelty. */
  readonly lambda: number;
  /** How many to choose. */
  readonly count: number;
}

/**
 * Returns the indices of the chosen items in the order of choice. Each step chooses the item with the greatest
 * `lambda * relevance - (1 - lambda) * similarity`, where `similarity` is the one to the most similar item
 * chosen before, and 0 for the first choice. Ties go to the earlier item.
 *
 * @see Carbonell and Goldstein (SIGIR 1998), https://doi.org/10.1145/290941.291025
 */
export function chooseByMarginalRelevance(
  relevance: readonly number[],
  similarity: (one: number, other: number) => number,
  { lambda, count }: MarginalRelevanceOptions,
): number[] {
  const chosen: number[] = [];
  let left = relevance.map((own, item) => ({ item, own, nearest: -Infinity }));
  while (chosen.length < count && left.length > 0) {
    const isFirst = chosen.length === 0;
    const [best] = left
      .map(({ item, own, nearest }, index) => {
        const score = lambda * own - (1 - lambda) * (isFirst ? 0 : nearest);
        return { item, index, score };
      })
      .toSorted(byScore);
    if (!best) break;
    chosen.push(best.item);
    left = left
      .filter(({ item }) => item !== best.item)
      .map(({ item, own, nearest }) => ({
        item,
        own,
        nearest: Math.max(nearest, similarity(item, best.item)),
      }));
  }
  return chosen;
}
