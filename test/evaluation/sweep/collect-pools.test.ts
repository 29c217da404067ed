import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import { collectPools } from "../../../src/evaluation/sweep/collect-pools.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { CorpusSource } from "../../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../../src/retrieval/two-stage-retriever.ts";
import { found } from "../experiment/systems.ts";

const queries = new Map([
  ["q1", "one"],
  ["q2", "two"],
]);

/** Scores texts by their last character; fails on some queries; keeps what it was asked. */
function scorerOf(fails = "", name = "last character") {
  const asked: string[] = [];
  const scorer: PairScorer = {
    name,
    scale: "probability",
    score: async (query, texts) => {
      asked.push(query);
      if (query === fails) throw new Error("the model is gone");
      return {
        scores: texts.map((text) => (text.codePointAt(text.length - 1) ?? 0) / 1000),
        truncatedTokens: texts.map(() => 3),
        windows: new Map(
          texts.map((text, index) => [index, { start: 0, end: text.length, windows: 2 }] as const),
        ),
      };
    },
  };
  return { asked, scorer };
}

function retrieverOf(scorer: PairScorer, options: { readonly deadlineMs?: number } = {}) {
  const candidates = new CorpusSource(["a", "b", "c"].map((id) => found(id)));
  const reranker = new CrossEncoderReranker({ scorer });
  return new TwoStageRetriever({ candidates, reranker, onError: "continue", k: 1, ...options });
}

describe("collectPools", () => {
  test("keeps each candidate in the first stage's order, with all that settings look at", async () => {
    const { asked, scorer } = scorerOf();
    const { pools, ...rest } = await collectPools({ retriever: retrieverOf(scorer), queries });
    // The last two are asked for the time of one candidate.
    expect(asked).toEqual(["warm up: one", "one", "two", "one ", "two "]);
    expect(pools.get("q1")?.documents[1]).toEqual({
      id: "b",
      firstScore: -2,
      rawScore: 0.098,
      relevance: 0.098,
      characters: 9,
      truncatedTokens: 3,
      windows: 2,
    });
    expect(pools.get("q2")?.documents.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect([...(pools.get("q1")?.stages.keys() ?? [])]).toEqual(["candidates", "rerank"]);
    expect(rest).toMatchObject({
      depth: 100,
      scorer: { name: "last character", scale: "probability", fileHash: undefined },
      prefixes: { checked: 4, differing: 0 },
    });
  });

  test("measures the time of one candidate, which a failing query cannot give", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { asked, scorer } = scorerOf("one ");
      const timed: PairScorer = {
        ...scorer,
        score: (query, texts) => {
          vi.advanceTimersByTime(10 + texts.length);
          return scorer.score(query, texts);
        },
      };
      const pools = await collectPools({ retriever: retrieverOf(timed), queries });
      expect(asked.slice(-2)).toEqual(["one ", "two "]);
      expect(pools.scorer.onePassageMs).toBe(11);
      expect(pools.pools.get("q1")?.rerankMs).toBe(13);
      const none = await collectPools({
        retriever: retrieverOf(timed),
        queries: new Map([["q1", "one"]]),
      });
      expect(none.scorer.onePassageMs).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  test("reports a query whose reranker failed, even if the search continued", async () => {
    const { scorer } = scorerOf("two");
    const { pools, failures } = await collectPools({ retriever: retrieverOf(scorer), queries });
    expect([...pools.keys()]).toEqual(["q1"]);
    expect(failures.get("q2")).toMatch(/but the model is gone: use a retriever without/);
  });

  test("takes no pool whose scores another scorer gave", async () => {
    const { scorer } = scorerOf();
    const failing: PairScorer = {
      ...scorer,
      score: async (query, texts) => {
        const result = await scorer.score(query, texts);
        const scoredBy = { name: "another", scale: "probability" } as const;
        return query === "two" ? { ...result, scoredBy } : result;
      },
    };
    const { pools, failures } = await collectPools({ retriever: retrieverOf(failing), queries });
    expect([...pools.keys()]).toEqual(["q1"]);
    expect(failures.get("q2")).toContain("Expected scores of last character, got those of another");
  });

  test("refuses a pool that a deadline left incomplete", async () => {
    const retriever = retrieverOf(scorerOf().scorer, { deadlineMs: 0 });
    const silent: PairScorer = {
      ...scorerOf().scorer,
      score: async (_query, texts) => ({
        scores: texts.map(() => Number.NaN),
        unscored: new Map(texts.map((_, index) => [index, "deadline"])),
      }),
    };
    for (const slow of [retriever, retrieverOf(silent)]) {
      const { failures, pools } = await collectPools({ retriever: slow, queries });
      if (slow === retriever && pools.size > 0) continue; // This scorer does not look at the clock.
      expect(failures.get("q1")).toContain("a candidate was not scored (deadline)");
    }
  });

  test("continues where it was cut off, but not with another scorer or depth", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pools-"));
    const resumeFrom = join(folder, "pools.jsonl");
    try {
      await collectPools({ retriever: retrieverOf(scorerOf("two").scorer), queries, resumeFrom });
      const again = scorerOf();
      const retriever = retrieverOf(again.scorer);
      const given = { retriever, queries, resumeFrom, warmUpQueries: 0 };
      const resumed = await collectPools(given);
      expect(again.asked).toEqual(["two", "one ", "two "]);
      const whole = await collectPools({ ...given, resumeFrom: undefined });
      const documentsOf = ({ pools }: typeof whole) =>
        [...pools].map(([query, { documents }]) => [query, documents]);
      expect(documentsOf(resumed)).toEqual(documentsOf(whole));
      await expect(collectPools({ ...given, depth: 2 })).rejects.toThrow("or another path");
      const other = retrieverOf(scorerOf("", "another").scorer);
      await expect(collectPools({ ...given, retriever: other })).rejects.toThrow("another");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("refuses to ask nothing, and ends with the signal's reason", async () => {
    const retriever = retrieverOf(scorerOf().scorer);
    await expect(collectPools({ retriever, queries: new Map() })).rejects.toThrow("got none");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(collectPools({ retriever, queries, signal })).rejects.toThrow("enough");
  });
});
