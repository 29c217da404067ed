import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import type { ListReranker, ListRanking } from "../../src/ranking/list-reranker.ts";
import type { PairScorer, PairScores } from "../../src/ranking/pair-scorer.ts";
import {
  candidateSourceContract,
  listRerankerContract,
  pairScorerContract,
} from "../../src/testing/index.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { moduleModel, tinyModel } from "../fixtures/golden.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";

describe.each([
  ["tiny-bert-reranker", "fp32", tinyModel],
  ["tiny-bert-reranker", "int8", tinyModel],
  ["modern-bert-reranker", "fp32", moduleModel],
] as const)("OnnxCrossEncoder with %s in %s is a PairScorer", (model, dtype, folderOf) => {
  const scorer = new OnnxCrossEncoder({ model: folderOf(model), device: "cpu", dtype });
  afterAll(() => scorer.dispose());
  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

describe("OnnxCrossEncoder that reads texts in windows is a PairScorer", () => {
  const scorer = new OnnxCrossEncoder({
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
    dtype: "fp32",
    maxTokens: 20,
    window: { stride: 4 },
  });
  afterAll(() => scorer.dispose());
  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
  test("reads the longest of the contract's texts in windows", async () => {
    const { windows } = await scorer.score("Which river is the longest?", [
      "The Loire is the longest river of France, and it is deep.",
    ]);
    expect(windows.get(0)?.windows).toBeGreaterThan(1);
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

type Score = PairScorer["score"];

describe("the contract of a PairScorer catches", () => {
  const good: PairScorer = {
    name: "length",
    scale: "unbounded",
    score: async (_query, texts, { signal, onScored } = {}) => {
      signal?.throwIfAborted();
      const scores = texts.map(({ length }) => length);
      for (const [index, score] of scores.entries()) onScored?.(index, score);
      return { scores };
    },
  };
  const changed =
    (change: (scores: number[], texts: readonly string[]) => Partial<PairScores>): Score =>
    async (query, texts, options) => {
      const { scores } = await good.score(query, texts, options);
      return { scores, ...change([...scores], texts) };
    };
  const broken: Readonly<Record<string, Score>> = {
    "scores sorted by value": changed((scores) => ({ scores: scores.toSorted((a, b) => a - b) })),
    "scores that depend on the neighbours": changed((scores, { length }) => ({
      scores: scores.map((score) => score / length),
    })),
    "one score too few": changed((scores) => ({ scores: scores.slice(1) })),
    "one count of tokens too few": changed((scores) => ({ truncatedTokens: scores.slice(1) })),
    "a share of tokens": changed((scores) => ({ truncatedTokens: scores.map(() => 0.5) })),
    "a missing score without a reason": async (query, texts, options) =>
      options?.deadlineMs === 0
        ? { scores: texts.map(() => Number.NaN) }
        : good.score(query, texts, options),
    "a reason beside a score": changed((scores) => ({
      unscored: new Map(scores.map((_, index) => [index, "deadline"])),
    })),
    "a signal that is ignored": (query, texts, { onScored } = {}) =>
      good.score(query, texts, { onScored }),
    "scores that are not reported": (query, texts, { signal } = {}) =>
      good.score(query, texts, { signal }),
    "scores that are reported twice": async (query, texts, options) => {
      const { scores } = await good.score(query, texts, options);
      for (const [index, score] of Array.from(scores).entries()) options?.onScored?.(index, score);
      return { scores };
    },
    "another score reported than returned": changed((scores) => ({
      scores: scores.map((score) => score + 1),
    })),
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
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason.message).toMatch(/^A PairScorer [a-z].+: expected .+, got .+$/);
    }
  });
});

test("a failure says which requirement is not met, what was expected and what came", async () => {
  const store = new MemoryVectorStore(new HashEmbeddings());
  await store.addDocuments([new Document({ id: "a", pageContent: "a" })]);
  const source = new DenseRetriever({ store });
  const [first] = candidateSourceContract;
  await expect(first?.check({ source, query: "a" })).rejects.toMatchObject({
    name: "AssertionError",
    message:
      "A CandidateSource returns at most k candidates, and starts with the same ones for a larger k: expected the number of candidates for k = 2 to be 2, got 1",
    actual: 1,
    expected: 2,
  });
});

type Rank = ListReranker["rank"];

describe("the contract of a ListReranker catches", () => {
  const good: ListReranker = {
    name: "length",
    rank: async (_query, texts, { signal, deadlineMs } = {}) => {
      signal?.throwIfAborted();
      const order = [...texts.keys()];
      if (deadlineMs === 0) {
        return { order, unranked: new Map(order.map((index) => [index, "deadline"])) };
      }
      const lengths = texts.map(({ length }) => length);
      return { order: order.toSorted((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0)) };
    },
  };
  const changed =
    (change: (ranking: ListRanking) => Partial<ListRanking>): Rank =>
    async (query, texts, options) => {
      const ranking = await good.rank(query, texts, options);
      return { ...ranking, ...change(ranking) };
    };
  const usage = { calls: 1, inputTokens: 10, outputTokens: 1, isEstimated: false };
  const broken: Readonly<Record<string, Rank>> = {
    "an index too few": changed(({ order }) => ({ order: order.slice(1) })),
    "an index twice": changed(({ order }) => ({ order: order.map(() => 0) })),
    "numbers from 1": changed(({ order }) => ({ order: order.map((index) => index + 1) })),
    "an unranked text in front": changed(({ order }) => ({
      unranked: new Map(order.slice(0, 1).map((index) => [index, "error"])),
    })),
    "another order without time": async (query, texts, options) => {
      const { order, ...others } = await good.rank(query, texts, options);
      return options?.deadlineMs === 0
        ? { order: order.toReversed(), ...others }
        : { order, ...others };
    },
    "another reason without time": changed(({ unranked = [] }) => ({
      unranked: new Map([...unranked].map(([index]) => [index, "error"])),
    })),
    "a part of a call": changed(() => ({ usage: { ...usage, calls: 0.5 } })),
    "tokens below none": changed(() => ({ usage: { ...usage, outputTokens: -1 } })),
    "a signal that is ignored": (query, texts, { deadlineMs } = {}) =>
      good.rank(query, texts, { deadlineMs }),
  };

  test("nothing in a reranker that keeps it", async () => {
    for (const { check } of listRerankerContract) await check(good);
    expect(listRerankerContract.length).toBeGreaterThan(5);
  });

  test("an instruction that is refused although it should be read", async () => {
    const ranker: ListReranker = {
      ...good,
      readsInstruction: true,
      rank: async (query, texts, options) => {
        if (options?.instruction !== undefined) throw new Error("no instruction");
        return good.rank(query, texts, options);
      },
    };
    const checks = listRerankerContract.map(({ check }) => check(ranker));
    expect((await Promise.allSettled(checks)).map(({ status }) => status)).toContain("rejected");
  });

  test.each(Object.entries(broken))("%s", async (_fault, rank) => {
    const checks = listRerankerContract.map(({ check }) => check({ ...good, rank }));
    expect((await Promise.allSettled(checks)).map(({ status }) => status)).toContain("rejected");
  });
});
