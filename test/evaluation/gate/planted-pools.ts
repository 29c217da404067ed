import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";
import type { Judgements } from "../../../src/evaluation/data/judgements.ts";
import type { PoolDocument, ScoredPools } from "../../../src/evaluation/sweep/pool.ts";
import { candidate, poolsOf } from "../sweep/pools.ts";

/** What a scorer makes of a document: whether it is relevant, its first-stage score, and a draw from 0..1. */
export type PlantedScorer = (isRelevant: boolean, firstScore: number, draw: number) => number;

/** Knows nothing. */
export const atRandom: PlantedScorer = (_isRelevant, _firstScore, draw) => draw;
/** Puts relevant documents last. */
export const inverted: PlantedScorer = (isRelevant, _firstScore, draw) => draw - Number(isRelevant);
/** Mostly right. */
export const good: PlantedScorer = (isRelevant, _firstScore, draw) =>
  draw + 0.8 * Number(isRelevant);

/**
 * Queries with 30 candidates of which up to three are relevant, scored as planted: mostly among the first
 * ten, or for a first stage that knows nothing anywhere.
 */
export function plant(
  scorer: PlantedScorer,
  {
    seed,
    queries = 60,
    knowsNothing = false,
  }: { readonly seed: number; readonly queries?: number; readonly knowsNothing?: boolean },
): { readonly pools: ScoredPools; readonly judgements: Judgements } {
  const random = mersenne(seed);
  const draw = (): number => uniformInt(random, 0, 999_999) / 1e6;
  const pools: Record<string, PoolDocument[]> = {};
  const judgements = new Map<string, Map<string, number>>();
  for (let query = 0; query < queries; query += 1) {
    // Squaring draws the ranks towards the first ones.
    const relevant = new Set(
      [1, 2, 3].map(() => Math.floor(30 * draw() ** (knowsNothing ? 1 : 2))),
    );
    judgements.set(`q${query}`, new Map([...relevant].map((place) => [`d${place}`, 1])));
    pools[`q${query}`] = Array.from({ length: 30 }, (_, place) => {
      const firstScore = 30 - place;
      const rawScore = scorer(relevant.has(place), firstScore, draw());
      return candidate(`d${place}`, { firstScore, rawScore });
    });
  }
  return { pools: poolsOf(pools, { fileHash: "abc", arithmetic: "int8" }), judgements };
}
