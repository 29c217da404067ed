import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chooseByMarginalRelevance,
  type MarginalRelevanceOptions,
} from "../../src/ranking/maximal-marginal-relevance.ts";

/** The formula of the paper as it stands, computed anew for each choice. */
function naive(
  relevance: readonly number[],
  similarity: (one: number, other: number) => number,
  { lambda, count }: MarginalRelevanceOptions,
): number[] {
  const chosen: number[] = [];
  const rest = relevance.map((_, index) => index);
  while (chosen.length < count && rest.length > 0) {
    let [best = 0] = rest;
    let most = -Infinity;
    for (const candidate of rest) {
      const similarities = chosen.map((each) => similarity(candidate, each));
      const nearest = chosen.length === 0 ? 0 : Math.max(...similarities);
      const worth = lambda * (relevance[candidate] ?? 0) - (1 - lambda) * nearest;
      if (worth <= most) continue;
      most = worth;
      best = candidate;
    }
    chosen.push(best);
    rest.splice(rest.indexOf(best), 1);
  }
  return chosen;
}

/** Few distinct values, so that ties are common. */
const number = fc.integer({ min: -4, max: 4 }).map((value) => value / 4);
const points = fc.array(fc.record({ relevance: number, x: number, y: number }), { maxLength: 12 });

/** Two of three items, of which the best two are alike. */
const choose = (lambda: number): number[] =>
  chooseByMarginalRelevance([0.9, 0.8, 0.5], firstTwoAlike, { lambda, count: 2 });
const firstTwoAlike = (one: number, other: number): number => (one + other === 1 ? 1 : 0);

describe("chooseByMarginalRelevance", () => {
  test("chooses as the formula of the paper does", () => {
    fc.assert(
      fc.property(
        points,
        fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
        fc.integer({ min: 0, max: 14 }),
        (items, lambda, count) => {
          const relevance = items.map((item) => item.relevance);
          const similarity = (one: number, other: number): number => {
            const [a, b] = [items[one], items[other]];
            return a && b ? a.x * b.x + a.y * b.y : 0;
          };
          const limits = { lambda, count };
          expect(chooseByMarginalRelevance(relevance, similarity, limits)).toEqual(
            naive(relevance, similarity, limits),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("chooses the second best after the best only if it does not repeat it", () => {
    expect(choose(0.5)).toEqual([0, 2]);
    expect(choose(0.9)).toEqual([0, 1]);
    expect(choose(1)).toEqual([0, 1]);
  });
});
