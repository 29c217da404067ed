import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { candidateSourceContract, pairScorerContract } from "../../src/testing/index.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";

describe.each(["fp32", "int8"] as const)("OnnxCrossEncoder in %s is a PairScorer", (dtype) => {
  const scorer = new OnnxCrossEncoder({
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
    dtype,
  });
  afterAll(() => scorer.dispose());
  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

describe("DenseRetriever is a CandidateSource", () => {
  const store = new MemoryVectorStore(new HashEmbeddings());
  const source = new DenseRetriever({ store });
  beforeAll(() =>
    store.addDocuments(
      ["a", "b", "c", "d"].map((id) => new Document({ id, pageContent: `text ${id}` })),
    ),
  );
  test.each(candidateSourceContract)("$name", async ({ check }) => {
    await expect(check({ source, query: "text" })).resolves.toBeUndefined();
  });
});

describe("the contract of a PairScorer catches", () => {
  const good: PairScorer = {
    name: "length",
    scale: "unbounded",
    score: async (_query, texts, { signal, onScored } = {}) => {
      signal?.throwIfAborted();
      const scores = Float32Array.from(texts, ({ length }) => length);
      for (const [index, score] of scores.entries()) {
        onScored?.(index, score, { truncatedTokens: 0 });
      }
      return scores;
    },
  };
  const broken: Readonly<Record<string, PairScorer["score"]>> = {
    "scores sorted by value": async (...args) => (await good.score(...args)).toSorted(),
    "scores that depend on the neighbours": async (query, texts, options) =>
      (await good.score(query, texts, options)).map((score) => score / texts.length),
    "one score too few": async (...args) => (await good.score(...args)).slice(1),
    "a signal that is ignored": (query, texts, { onScored } = {}) =>
      good.score(query, texts, { onScored }),
    "scores that are not reported": (query, texts, { signal } = {}) =>
      good.score(query, texts, { signal }),
  };

  test("nothing in a scorer that keeps it", async () => {
    for (const { check } of pairScorerContract) await check(good);
    expect(pairScorerContract.length).toBeGreaterThan(5);
  });

  test.each(Object.entries(broken))("%s", async (_fault, score) => {
    const outcomes = await Promise.allSettled(
      pairScorerContract.map(({ check }) => check({ ...good, score })),
    );
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
  });
});
