import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../../src/documents/candidate-source.ts";
import { type Provenance, provenanceOf } from "../../src/documents/provenance.ts";
import { rankPool } from "../../src/evaluation/sweep/rank-pool.ts";
import { collectPools } from "../../src/evaluation/sweep/collect-pools.ts";
import type { FittedFusion, FusionFeature } from "../../src/ranking/fitted-fusion.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import type { ScoringModel } from "../../src/ranking/scoring-model.ts";
import { HybridRetriever } from "../../src/retrieval/hybrid-retriever.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";

const bi: ScoringModel = { name: "bi", fileHash: "abc", arithmetic: "float" };

function sourceOf(
  stage: "dense" | "lexical",
  scores: Readonly<Record<string, number>>,
  model: ScoringModel = bi,
): CandidateSource {
  return {
    candidates: async (_query, { k }) =>
      Object.entries(scores)
        .slice(0, k)
        .map(([id, score], index) => {
          const rank = index + 1;
          const retrieval: Provenance = { rank, [stage]: { rank, score } };
          return new Document({ id, pageContent: id, metadata: { retrieval } });
        }),
    ...(stage === "dense" && { vectorModels: async () => [model] }),
  };
}

const dense = sourceOf("dense", { a: 0.9, b: 0.8, c: 0.1 });
const lexical = sourceOf("lexical", { c: 9, d: 4 });
const raw: Readonly<Record<string, number>> = { a: -2, b: 1, c: 0, d: 3 };
const scorer: PairScorer = {
  name: "cross",
  scale: "logit",
  score: async (_query, texts) => ({ scores: texts.map((text) => raw[text] ?? 0) }),
};
const reranker = new CrossEncoderReranker({ scorer });
const hybrid = new HybridRetriever({ retrievers: [dense, lexical], k: 10 });

function fusionOf(
  weights: Partial<Record<FusionFeature, number>>,
  models: Partial<FittedFusion["models"]> = {},
): FittedFusion {
  const cross = { name: "cross", fileHash: undefined, arithmetic: undefined };
  return deepFreeze({
    version: 1,
    weights: Object.entries(weights).map(([feature, weight]) => ({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of a record of features
      feature: feature as FusionFeature,
      weight,
      interval: { low: 0, high: 0 },
    })),
    models: { reranker: cross, embeddings: [bi], ...models },
    penalty: 0.1,
    queries: 60,
    candidateCount: 10,
  });
}
const firstStage = { reranker: undefined };
const idsOf = (documents: readonly { readonly id?: string | undefined }[]) =>
  documents.map(({ id }) => id);

describe("TwoStageRetriever with a fitted fusion", () => {
  test("orders by it, and explains each score by its contributions", async () => {
    const blend = fusionOf({ lexicalFound: 1, rerankScore: 0.1 });
    const retriever = new TwoStageRetriever({ candidates: hybrid, reranker, blend });
    const { documents, stages } = await retriever.search("any");
    // c and d were found by BM25; of each pair, the cross-encoder prefers d and b.
    expect(idsOf(documents)).toEqual(["d", "c", "b", "a"]);
    expect(stages.at(-1)?.name).toBe("blend");
    for (const document of documents) {
      const { score = Number.NaN, contributions = {} } = provenanceOf(document).blended ?? {};
      const { lexicalFound = Number.NaN, rerankScore = Number.NaN } = contributions;
      expect(lexicalFound + rerankScore).toBe(score);
      expect(lexicalFound).toBe(["c", "d"].includes(document.id ?? "") ? 1 : -1);
    }
  });

  test("finds what a sweep computes from its pools", async () => {
    const blend = fusionOf({ denseScore: 0.5, lexicalReciprocalRank: 1, rerankScore: 0.7 });
    const retriever = new TwoStageRetriever({ candidates: hybrid, reranker, blend, k: 4 });
    const pools = await collectPools({ retriever, queries: new Map([["q", "any"]]), depth: 4 });
    const settings = { candidateCount: 4, blend, scoreThreshold: undefined };
    const ranked = rankPool(pools.pools.get("q")?.documents ?? [], settings, "logit");
    expect(ranked.map(({ id }) => id)).toEqual(idsOf(await retriever.invoke("any")));
    expect(pools.embeddings).toEqual([bi]);
  });

  test("goes without a retriever that found nothing", async () => {
    const candidates = new HybridRetriever({ retrievers: [dense, sourceOf("lexical", {})] });
    const blend = fusionOf({ denseScore: 1, lexicalScore: 5, lexicalFound: 5 });
    const retriever = new TwoStageRetriever({ candidates, reranker, blend });
    expect(idsOf(await retriever.invoke("any"))).toEqual(["a", "b", "c"]);
  });

  test("continues without a reranker that cannot be loaded, if the option says so", async () => {
    const gone: PairScorer & { info(): Promise<never> } = {
      ...scorer,
      info: async () => Promise.reject(new Error("gone")),
      score: async () => Promise.reject(new Error("gone")),
    };
    const retriever = new TwoStageRetriever({
      candidates: hybrid,
      reranker: new CrossEncoderReranker({ scorer: gone }),
      blend: fusionOf({ rerankScore: 1 }),
      onError: "continue",
    });
    expect((await retriever.search("any")).coverage.scored).toBe(0);
  });

  test("comes with the configuration that chose it", async () => {
    const blend = fusionOf({ lexicalFound: 1, rerankScore: 0.1 });
    const configuration = {
      version: 1,
      decision: "rerank",
      rerank: { candidateCount: 10, blend },
      measure: "nDCG@10",
      queries: 60,
      reason: "It helps.",
    };
    const json = JSON.stringify(configuration);
    const options = { candidates: hybrid, reranker };
    const retriever = await TwoStageRetriever.fromConfiguration(json, options);
    expect(idsOf(await retriever.invoke("any"))).toEqual(["d", "c", "b", "a"]);
  });

  test("does not blend a search that is not reranked", async () => {
    const blend = fusionOf({ rerankScore: 1 });
    const retriever = new TwoStageRetriever({ candidates: hybrid, reranker, blend });
    const { documents } = await retriever.search("any", { rerank: false });
    expect(documents.every((document) => provenanceOf(document).blended === undefined)).toBe(true);
  });
});

describe("HybridRetriever with a fitted fusion", () => {
  test("orders by it, and keeps the rank and score of every list", async () => {
    const fusion = fusionOf({ denseScore: 1, lexicalScore: 2 }, firstStage);
    const retriever = new HybridRetriever({ retrievers: [dense, lexical], fusion });
    const documents = await retriever.invoke("any");
    // BM25 scores: c 9, all others 4. Similarities: a 0.9, b 0.8, c and d 0.1.
    expect(idsOf(documents)).toEqual(["c", "a", "b", "d"]);
    const { fused, ...rest } = documents[0] ? provenanceOf(documents[0]) : {};
    expect(rest).toEqual({
      rank: 1,
      dense: { rank: 3, score: 0.1 },
      lexical: { rank: 1, score: 9 },
    });
    const { denseScore = 0, lexicalScore = 0 } = fused?.contributions ?? {};
    expect(fused).toMatchObject({ rank: 1, method: "fitted", score: denseScore + lexicalScore });
    expect(lexicalScore).toBeCloseTo(2 * Math.sqrt(3), 12);
  });
});

describe("a fitted fusion is refused", () => {
  test.each([
    [
      "another reranker",
      { reranker: { ...bi, name: "other", fileHash: undefined } },
      "got cross in place of other",
    ],
    [
      "another bi-encoder",
      { embeddings: [{ ...bi, fileHash: "def" }] },
      "got bi with the file abc",
    ],
    ["a bi-encoder less", { embeddings: [bi, bi] }, "got no model in place of bi"],
    ["other arithmetic", { embeddings: [{ ...bi, arithmetic: "int8-saturating" }] }, "saturating"],
  ] as const)("with %s", async (_what, models, message) => {
    const blend = fusionOf({ denseScore: 1 }, models);
    const retriever = new TwoStageRetriever({
      candidates: hybrid,
      reranker,
      blend,
      onError: "continue",
    });
    for (const query of ["one", "two"]) {
      await expect(retriever.invoke(query)).rejects.toMatchObject({
        code: "model-mismatch",
        message: expect.stringContaining(message),
      });
    }
  });

  test("by a hybrid retriever with another bi-encoder", async () => {
    const fusion = fusionOf(
      { denseScore: 1 },
      { ...firstStage, embeddings: [{ ...bi, fileHash: "def" }] },
    );
    const retriever = new HybridRetriever({ retrievers: [dense, lexical], fusion });
    await expect(retriever.invoke("any")).rejects.toMatchObject({ code: "model-mismatch" });
  });

  test("if another scorer took over", async () => {
    const failing: PairScorer = {
      ...scorer,
      score: async (query, texts) => ({
        ...(await scorer.score(query, texts)),
        scoredBy: { name: "another", scale: "logit" },
      }),
    };
    const retriever = new TwoStageRetriever({
      candidates: hybrid,
      reranker: new CrossEncoderReranker({ scorer: failing }),
      blend: fusionOf({ rerankScore: 1 }),
    });
    await expect(retriever.invoke("any")).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("Expected scores of cross"),
    });
  });

  test("by a retriever of the other kind, and if it is something else", () => {
    const all = fusionOf({ rerankScore: 1 });
    const first = fusionOf({ denseScore: 1 }, firstStage);
    expect(() => new HybridRetriever({ retrievers: [dense], fusion: all })).toThrow(
      'Expected `fusion` to be a fusion fitted with `features: "first-stage"`, got one fitted with `features: "all"`',
    );
    expect(() => new TwoStageRetriever({ candidates: hybrid, reranker, blend: first })).toThrow(
      'Expected `blend` to be a fusion fitted with `features: "all"`',
    );
    const broken = { ...all, weights: "none" };
    // @ts-expect-error -- what JSON may hold
    expect(() => new TwoStageRetriever({ candidates: hybrid, reranker, blend: broken })).toThrow(
      "Expected `weights` in a saved fusion to be a list",
    );
  });

  test("not under another name of the same file", async () => {
    const blend = fusionOf({ denseScore: 1 }, { embeddings: [{ ...bi, name: "copy" }] });
    const retriever = new TwoStageRetriever({ candidates: hybrid, reranker, blend, k: 1 });
    expect(idsOf(await retriever.invoke("any"))).toEqual(["a"]);
  });
});
