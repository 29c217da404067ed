import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/evaluation/evaluate.ts";
import { runOfRankings } from "../../../src/evaluation/data/ranking.ts";
import { fitFusion } from "../../../src/evaluation/fitting/fit-fusion.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { rankPool } from "../../../src/evaluation/sweep/rank-pool.ts";
import type { FittedFusion, FusionFeature } from "../../../src/ranking/fitted-fusion.ts";
import { candidate, poolsOf } from "../sweep/pools.ts";
import { hint, noise, perfect, plantEvidence } from "./judged-pools.ts";

const weightOf = ({ weights }: FittedFusion, feature: FusionFeature) => {
  const found = weights.find((each) => each.feature === feature);
  if (found) return found;
  throw new Error(`There is no weight of ${feature}.`);
};

describe("fitFusion", () => {
  test("gives noise a weight whose interval includes 0, and a hint one that does not", () => {
    const planted = plantEvidence({ dense: noise, lexical: noise, rerank: hint });
    const fusion = fitFusion({ ...planted, resamples: 100 });
    for (const feature of ["denseScore", "lexicalScore"] as const) {
      const { weight, interval } = weightOf(fusion, feature);
      expect(interval.low).toBeLessThan(0);
      expect(interval.high).toBeGreaterThan(0);
      expect(Math.abs(weight)).toBeLessThan(0.5);
    }
    expect(weightOf(fusion, "rerankScore").interval.low).toBeGreaterThan(0.5);
  });

  test("lets a perfect feature decide", () => {
    const { pools, judgements } = plantEvidence({ dense: noise, lexical: perfect, rerank: noise });
    const fusion = fitFusion({ pools, judgements, resamples: 10 });
    const lexical = weightOf(fusion, "lexicalScore").weight;
    const others = fusion.weights.filter(({ feature }) => !feature.startsWith("lexical"));
    const largest = Math.max(...others.map(({ weight }) => Math.abs(weight)));
    expect(largest).toBeLessThan(lexical / 5);
    const settings = { candidateCount: 20, blend: fusion, scoreThreshold: undefined };
    const rankings = Array.from(pools.pools, ([query, { documents }]) => {
      const ranked = rankPool(documents, settings, "logit");
      return [query, ranked.map(({ id }) => id)] as const;
    });
    expect(evaluate(nDCG(10), { run: runOfRankings(rankings), judgements }).mean).toBe(1);
  });

  test("is the same from the same seed, and whatever the order of the queries, to 1e-9", () => {
    const { pools, judgements } = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
    const options = { judgements, resamples: 20, seed: 7 };
    const fusion = fitFusion({ ...options, pools });
    expect(fitFusion({ ...options, pools })).toEqual(fusion);
    const turned = { ...pools, pools: new Map([...pools.pools].toReversed()) };
    const other = fitFusion({ ...options, pools: turned });
    for (const [index, { weight, interval }] of fusion.weights.entries()) {
      expect(other.weights[index]?.weight).toBeCloseTo(weight, 9);
      expect(other.weights[index]?.interval.low).toBeCloseTo(interval.low, 9);
    }
    expect(fitFusion({ ...options, pools, seed: 8 }).weights).not.toEqual(fusion.weights);
  });

  test("records the models, the depth and the number of queries", () => {
    const { pools, judgements } = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
    const embeddings = [{ name: "bi", fileHash: "def", arithmetic: "float" }] as const;
    const given = { pools: { ...pools, embeddings }, judgements, resamples: 1 };
    expect(fitFusion(given)).toMatchObject({
      version: 1,
      models: {
        reranker: { name: "made up", fileHash: "abc", arithmetic: "int8" },
        embeddings,
      },
      queries: 60,
      candidateCount: 20,
    });
    const first = fitFusion({ ...given, features: "first-stage" });
    expect(first.models).toEqual({ reranker: undefined, embeddings });
    expect(first.weights.map(({ feature }) => feature)).toEqual([
      "denseScore",
      "denseReciprocalRank",
      "denseFound",
      "lexicalScore",
      "lexicalReciprocalRank",
      "lexicalFound",
    ]);
  });

  test("gives a feature that never differs the weight 0", () => {
    const planted = plantEvidence({ dense: hint, lexical: () => 3, rerank: hint });
    const fusion = fitFusion({ ...planted, resamples: 5 });
    for (const feature of ["denseFound", "lexicalScore", "fusedScore"] as const) {
      expect(weightOf(fusion, feature)).toEqual({
        feature,
        weight: 0,
        interval: { low: 0, high: 0 },
      });
    }
  });

  test("reads queries of one candidate, and those that a retriever found nothing for", () => {
    const { pools, judgements } = plantEvidence({ dense: hint, lexical: noise, rerank: hint });
    const alone = candidate("d1", { dense: { rank: 1, score: 0.5 } });
    const denseOnly = ["d1", "d2"].map((id, index) =>
      candidate(id, { dense: { rank: index + 1, score: 0.5 - index } }),
    );
    const more = poolsOf({ alone: [alone], denseOnly });
    const fusion = fitFusion({
      pools: { ...pools, pools: new Map([...pools.pools, ...more.pools]) },
      judgements: new Map([
        ...judgements,
        ["alone", new Map([["d1", 1]])],
        ["denseOnly", new Map([["d1", 2]])],
      ]),
      resamples: 5,
    });
    expect(fusion.queries).toBe(62);
    expect(fusion.weights.every(({ weight }) => Number.isFinite(weight))).toBe(true);
  });

  test("leaves out queries without a relevant candidate, and refuses too few others", () => {
    const { pools, judgements } = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
    const irrelevant = (count: number) =>
      new Map(
        Array.from(judgements, ([query, grades], index) => [
          query,
          index < count ? new Map([...grades.keys()].map((id) => [id, 0])) : grades,
        ]),
      );
    const fusion = fitFusion({ pools, judgements: irrelevant(40), resamples: 1 });
    expect(fusion.queries).toBe(20);
    for (const [count, left] of [
      [60, 0],
      [56, 4],
    ] as const) {
      expect(() => fitFusion({ pools, judgements: irrelevant(count) })).toThrow(
        `Expected at least 5 queries with a relevant candidate, one for each fold, got ${left}`,
      );
    }
  });

  test("refuses pools whose first stage does not report its retrievers", () => {
    const judgements = new Map([["q", new Map([["a", 1]])]]);
    expect(() => fitFusion({ pools: poolsOf({ q: [candidate("a")] }), judgements })).toThrow(
      "Expected pools with scores of a bi-encoder or BM25, got none",
    );
  });
});
