import { rerank, type RerankingModel as RerankingModelOf7 } from "ai";
import { rerank as rerankOf6, type RerankingModel as RerankingModelOf6 } from "ai-v6";
import { afterAll, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { sigmoid } from "../../src/ranking/relevance.ts";
import { CascadeScorer, rerankingModel, type RerankingModel } from "../../src/rerankers/index.ts";
import { tinyModel } from "../fixtures/golden.ts";

const onnx = new OnnxCrossEncoder({
  model: tinyModel("tiny-bert-reranker"),
  device: "cpu",
  dtype: "fp32",
});
afterAll(() => onnx.dispose());
/** Both versions hand warnings to this function instead of printing them. */
const log = vi.fn<(event: { readonly warnings: readonly { feature?: string }[] }) => void>();
beforeEach(() => vi.stubGlobal("AI_SDK_LOG_WARNINGS", log.mockClear()));
afterAll(() => vi.unstubAllGlobals());
const featuresWarnedOf = () =>
  log.mock.calls.flatMap(([{ warnings }]) => warnings.map(({ feature }) => feature));

const query = "Which river is the longest?";
const documents = ["A bridge of old stone.", "The Loire is long.", "Bees visit flowers."];
/** Scores a text by its length in characters; an empty one has no score. */
const lengths: PairScorer = {
  name: "lengths",
  scale: "unbounded",
  score: async (_query, texts, { signal } = {}) => {
    signal?.throwIfAborted();
    return { scores: texts.map(({ length }) => length || Number.NaN) };
  },
};

test("a model of ours fits the types of both versions", () => {
  expectTypeOf<RerankingModel>().toExtend<RerankingModelOf7>();
  expectTypeOf<RerankingModel>().toExtend<RerankingModelOf6>();
});

/** What the two functions have in common. */
type Ask = (call: {
  model: RerankingModel;
  query: string;
  documents: (string | Record<string, string | string[]>)[];
  topN?: number;
  abortSignal?: AbortSignal;
  headers?: Record<string, string>;
}) => Promise<{
  readonly ranking: readonly {
    readonly originalIndex: number;
    readonly score: number;
    readonly document: unknown;
  }[];
  readonly rerankedDocuments: readonly unknown[];
  readonly providerMetadata?: unknown;
  readonly response: { readonly modelId: string };
}>;
const versions: readonly (readonly [string, Ask])[] = [
  ["7", rerank],
  ["6", rerankOf6],
];

describe.each(versions)("rerank of version %s of the AI SDK", (_version, ask) => {
  test("orders texts by the scorer's relevance", async () => {
    const { scores } = await onnx.score(query, documents);
    const { ranking, response } = await ask({ model: rerankingModel(onnx), query, documents });
    const expected = documents
      .map((document, originalIndex) => ({
        originalIndex,
        score: expect.closeTo(sigmoid(scores[originalIndex] ?? Number.NaN), 6),
        document,
      }))
      .toSorted((a, b) => (scores[b.originalIndex] ?? 0) - (scores[a.originalIndex] ?? 0));
    expect(ranking).toEqual(expected);
    expect(response.modelId).toBe(onnx.name);
  });

  test("returns the best topN, and refuses a topN of 0", async () => {
    const model = rerankingModel(lengths);
    const { rerankedDocuments } = await ask({
      model,
      query,
      documents: ["a", "ccc", "bb"],
      topN: 2,
    });
    expect(rerankedDocuments).toEqual(["ccc", "bb"]);
    await expect(ask({ model, query, documents, topN: 0 })).rejects.toMatchObject({
      code: "invalid-option",
      message: "Expected `topN` to be a whole number of at least 1, got 0.",
    });
  });

  test("scores objects as JSON, and says so", async () => {
    const given = [{ text: "a" }, { text: "a", more: ["b"] }];
    const { ranking } = await ask({ model: rerankingModel(lengths), query, documents: given });
    expect(ranking.map(({ document }) => document)).toEqual([given[1], given[0]]);
    expect(featuresWarnedOf()).toEqual(["object documents"]);
  });

  test("puts documents without a score last, and says why they have none", async () => {
    const { ranking, providerMetadata } = await ask({
      model: rerankingModel(lengths),
      query,
      documents: ["", "a", "bb"],
    });
    expect(ranking.map(({ originalIndex, score }) => [originalIndex, score])).toEqual([
      [2, 1],
      [1, 0],
      [0, 0],
    ]);
    expect(providerMetadata).toEqual({ "langchain-rerank": { unscored: { 0: "error" } } });
  });

  test("takes a cascade, whose order it keeps", async () => {
    const fast: PairScorer = { ...lengths, name: "fast" };
    const stages = [{ scorer: fast }, { scorer: onnx, candidateCount: 1 }];
    const { ranking, providerMetadata, response } = await ask({
      model: rerankingModel(new CascadeScorer({ stages })),
      query,
      documents,
    });
    expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual([0, 2, 1]);
    expect(response.modelId).toBe(onnx.name);
    expect(providerMetadata).toEqual({
      "langchain-rerank": { unscored: { 1: "unlikely", 2: "unlikely" } },
    });
  });

  test("passes an abort and an error on as they are, and asks once", async () => {
    const reason = new Error("the user left");
    const abortSignal = AbortSignal.abort(reason);
    const model = rerankingModel(lengths);
    await expect(ask({ model, query, documents, abortSignal })).rejects.toBe(reason);
    const score = vi.fn<PairScorer["score"]>().mockRejectedValue(new Error("no server"));
    const broken = rerankingModel({ ...lengths, score });
    await expect(ask({ model: broken, query, documents })).rejects.toThrow("no server");
    expect(score).toHaveBeenCalledTimes(1);
    const failure = new Error("a wrong key");
    score.mockResolvedValue({ scores: documents.map(() => Number.NaN), failure });
    await expect(ask({ model: broken, query, documents })).rejects.toBe(failure);
  });

  test("is told that headers are not sent", async () => {
    const headers = { "x-trace": "1" };
    await ask({ model: rerankingModel(lengths), query, documents, headers });
    expect(featuresWarnedOf()).toEqual(["headers"]);
  });
});

test("a model is made of a scorer only", () => {
  expect(() => Reflect.apply(rerankingModel, undefined, [{ name: "x" }])).toThrow(
    "Expected `scorer` to be a scorer",
  );
});

test("a document that JSON cannot hold is refused with the reason", async () => {
  const cyclic: { self?: object } = {};
  cyclic.self = cyclic;
  const model = rerankingModel(lengths);
  for (const document of [cyclic, { size: 1n }]) {
    const values = [{ text: "a" }, document];
    const call = model.doRerank({ query, documents: { type: "object", values } });
    await expect(call).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("Expected `documents.values[1]` to be an object that JSON"),
      cause: expect.any(TypeError),
    });
  }
  const values = [() => "a"];
  await expect(
    model.doRerank({ query, documents: { type: "object", values } }),
  ).rejects.toMatchObject({ code: "invalid-input" });
});
