import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";
import type { Judgements } from "../../../src/evaluation/data/judgements.ts";
import type { PoolDocument, ScoredPools } from "../../../src/evaluation/sweep/pool.ts";
import { candidate, poolsOf } from "../sweep/pools.ts";

/** What a stage's score says of a document: whether it is relevant, and a draw from 0..1. */
type Planted = (isRelevant: boolean, draw: number) => number;

export const noise: Planted = (_isRelevant, draw) => draw;
export const hint: Planted = (isRelevant, draw) => draw + 0.5 * Number(isRelevant);
export const perfect: Planted = (isRelevant, draw) => draw + 2 * Number(isRelevant);

/** Queries with 20 candidates, of which two are relevant, that both retrievers found and scored as planted. */
export function plantEvidence(
  { dense, lexical, rerank }: Readonly<Record<"dense" | "lexical" | "rerank", Planted>>,
  { seed = 1, queries = 60 }: { readonly seed?: number; readonly queries?: number } = {},
): { readonly pools: ScoredPools; readonly judgements: Judgements } {
  const random = mersenne(seed);
  const draw = (): number => uniformInt(random, 0, 999_999) / 1e6;
  const pools: Record<string, PoolDocument[]> = {};
  const judgements = new Map<string, Map<string, number>>();
  for (let query = 0; query < queries; query += 1) {
    const relevant = new Set([uniformInt(random, 0, 9), uniformInt(random, 10, 19)]);
    judgements.set(`q${query}`, new Map([...relevant].map((place) => [`d${place}`, 1])));
    const documents = Array.from({ length: 20 }, (_, place) => {
      const isRelevant = relevant.has(place);
      const scores = { dense: dense(isRelevant, draw()), lexical: lexical(isRelevant, draw()) };
      return { place, ...scores, rawScore: rerank(isRelevant, draw()) };
    });
    const rankBy = (name: "dense" | "lexical", score: number): number =>
      1 + documents.filter((other) => other[name] > score).length;
    pools[`q${query}`] = documents.map((document) =>
      candidate(`d${document.place}`, {
        rawScore: document.rawScore,
        dense: { rank: rankBy("dense", document.dense), score: document.dense },
        lexical: { rank: rankBy("lexical", document.lexical), score: document.lexical },
      }),
    );
  }
  return { pools: poolsOf(pools, { fileHash: "abc", arithmetic: "int8" }), judgements };
}
