import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import { collectBakeOff } from "../../../src/evaluation/bake-off/collect-bake-off.ts";
import type { CandidateSource } from "../../../src/documents/candidate-source.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { CascadeScorer } from "../../../src/rerankers/cascade-scorer.ts";
import { collect, firstStages, queries, rerankersOf, scorers } from "./planted-bake-off.ts";

/** Keeps how many texts it was asked for. */
function counting(scorer: PairScorer, fails = "") {
  const asked: number[] = [];
  const own: PairScorer = {
    ...scorer,
    score: (query, texts, options) => {
      asked.push(texts.length);
      if (query === fails) throw new Error("the model is gone");
      return scorer.score(query, texts, options);
    },
  };
  return { asked, reranker: new CrossEncoderReranker({ scorer: own }) };
}

/** Scores all texts but the first, and says nothing of it. */
const scoreAllButOne: PairScorer["score"] = async (_query, texts) => ({
  scores: texts.map((_text, index) => (index === 0 ? Number.NaN : 1)),
});

/** Why the first query failed. */
async function failureOf(reranker: CrossEncoderReranker): Promise<string | undefined> {
  return (await collect({ rerankers: { one: reranker } })).failures.get("q0");
}

describe("collectBakeOff", () => {
  test("has each reranker score each passage once, whichever first stages found it", async () => {
    const { asked, reranker } = counting(scorers.good);
    const { pools, depth, firstStages: names } = await collect({ rerankers: { good: reranker } });
    expect([depth, names]).toEqual([20, ["near", "far"]]);
    // One call for each query, and one to warm up.
    expect(asked).toHaveLength(queries.size + 1);
    for (const { documents, firstStages: lists } of pools.values()) {
      expect(asked).toContain(documents.length);
      expect(new Set(documents.map(({ id }) => id)).size).toBe(documents.length);
      expect(documents.length).toBeLessThan(40);
      for (const { indices } of lists.values()) expect(indices).toHaveLength(20);
    }
  });

  test("goes on where an earlier run ended, and refuses another run's file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bake-off-"));
    try {
      const resumeFrom = join(folder, "answers.jsonl");
      const failing = counting(scorers.good, "question 7");
      const first = await collect({ rerankers: { good: failing.reranker }, resumeFrom });
      expect([...first.failures]).toEqual([["q7", "the model is gone"]]);
      const { asked, reranker } = counting(scorers.good);
      const second = await collect({ rerankers: { good: reranker }, resumeFrom });
      expect(asked).toHaveLength(2);
      expect(second.failures.size).toBe(0);
      const other = collect({ rerankers: rerankersOf(["better"]), resumeFrom });
      await expect(other).rejects.toThrow("to belong to the run");
      const whole = await collect({ rerankers: { good: reranker } });
      const documents = Array.from(whole.pools, ([id, pool]) => [id, pool.documents]);
      expect(Array.from(second.pools, ([id, pool]) => [id, pool.documents])).toEqual(documents);
      const scoresOf = ({ pools }: typeof whole) =>
        Array.from(pools, ([id, pool]) => [id, pool.rerankers.get("good")?.passages]);
      expect(scoresOf(second)).toEqual(scoresOf(whole));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("names a query whose reranker left a passage without a score", async () => {
    const cascade = new CascadeScorer({
      stages: [{ scorer: scorers.good }, { scorer: scorers.better, candidateCount: 5 }],
    });
    expect(await failureOf(new CrossEncoderReranker({ scorer: cascade }))).toContain(
      "`bakeOff` derives",
    );
    const silent = new CrossEncoderReranker({ scorer: { ...scorers.good, score: scoreAllButOne } });
    expect(await failureOf(silent)).toContain("from good, got none for 1: check the model");
    const limited = new CrossEncoderReranker({ scorer: scorers.good, scoreThreshold: 0.9 });
    expect(await failureOf(limited)).toContain("without `scoreThreshold`");
    const unscored = new Map([[0, "deadline"] as const]);
    const score: PairScorer["score"] = async (query, texts) => ({
      ...(await scoreAllButOne(query, texts)),
      unscored,
    });
    const late = new CrossEncoderReranker({ scorer: { ...scorers.good, score } });
    expect(await failureOf(late)).toContain("deadline");
  });

  test("times each first stage in a row of searches without a reranker", async () => {
    const events: string[] = [];
    const near: CandidateSource = {
      candidates: (query, options) => {
        events.push("near");
        return firstStages.near.candidates(query, options);
      },
    };
    const score: PairScorer["score"] = (query, texts, options) => {
      events.push("score");
      return scorers.good.score(query, texts, options);
    };
    const good = new CrossEncoderReranker({ scorer: { ...scorers.good, score } });
    await collect({ firstStages: { near }, rerankers: { good }, warmUpQueries: 0 });
    const each = Array.from(queries, () => ["near", "score"]).flat();
    expect(events.slice(0, each.length)).toEqual(each);
    // Short searches are repeated, in whole rounds.
    const alone = events.slice(each.length);
    expect(new Set(alone)).toEqual(new Set(["near"]));
    expect(alone.length % queries.size).toBe(0);
  });

  test("ends with the signal's reason", async () => {
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(collect({ signal: aborted })).rejects.toThrow("enough");
  });

  test("reports its progress", async () => {
    const told: string[] = [];
    const left: number[] = [];
    await collect({
      onProgress: ({ system, done, leftMs }) => {
        told.push(`${system} ${done}`);
        left.push(leftMs);
      },
    });
    // The first pass takes nearly all of the time, so its end counts as the end.
    expect([left[58], left[59], left[179]]).toEqual([expect.any(Number), 0, 0]);
    expect(left[58]).toBeGreaterThan(0);
    const counts = Array.from({ length: 60 }, (_, index) => index + 1);
    expect(told).toEqual([
      ...counts.map((count) => `bake-off ${count}`),
      ...counts.map((count) => `near, not reranked ${count + 60}`),
      ...counts.map((count) => `far, not reranked ${count + 120}`),
    ]);
  });

  test.each([
    ["no first stage", { firstStages: {} }, "Expected at least one first stage"],
    ["a name that is taken", { rerankers: { none: rerankersOf(["good"])["good"] } }, "`none`"],
    ["a first stage that finds nothing", { firstStages: { a: {} } }, "`firstStages.a`"],
    ["a reranker that ranks nothing", { rerankers: { a: {} } }, "`rerankers.a`"],
    ["no queries", { queries: new Map() }, "at least one query"],
    ["no depth", { depth: 0, firstStages }, "`depth`"],
  ])("refuses %s", async (_name, given, message) => {
    const options = { firstStages, rerankers: rerankersOf(["good"]), queries, depth: 20, ...given };
    await expect(Reflect.apply(collectBakeOff, undefined, [options])).rejects.toThrow(message);
  });
});
