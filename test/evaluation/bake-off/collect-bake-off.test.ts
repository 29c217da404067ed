import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import { bakeOff } from "../../../src/evaluation/bake-off/bake-off.ts";
import { collectBakeOff } from "../../../src/evaluation/bake-off/collect-bake-off.ts";
import type { CandidateSource } from "../../../src/documents/candidate-source.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { CascadeScorer } from "../../../src/rerankers/cascade-scorer.ts";
import {
  collect,
  firstStages,
  judgements,
  queries,
  rerankersOf,
  scorers,
} from "./planted-bake-off.ts";

/** Whether a query is asked for its time alone. */
const isAgain = (query: string): boolean => query.endsWith(" ");

/** Keeps how many texts it was asked to score, but not those that are scored for their time alone. */
function counting(scorer: PairScorer, fails = "") {
  const asked: number[] = [];
  const own: PairScorer = {
    ...scorer,
    score: (query, texts, options) => {
      if (!isAgain(query)) asked.push(texts.length);
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
      events.push(isAgain(query) ? `score ${texts.length} again` : "score");
      return scorers.good.score(query, texts, options);
    };
    const good = new CrossEncoderReranker({ scorer: { ...scorers.good, score } });
    await collect({ firstStages: { near }, rerankers: { good }, warmUpQueries: 0 });
    const each = Array.from(queries, () => ["near", "score"]).flat();
    expect(events.slice(0, each.length)).toEqual(each);
    // Short searches are repeated, in whole rounds.
    const end = events.findIndex((event) => event.endsWith("again")) - 1;
    const alone = events.slice(each.length, end);
    expect(new Set(alone)).toEqual(new Set(["near"]));
    expect(alone.length % queries.size).toBe(0);
    // And then the reranker's, with one passage and with all.
    const pair = ["score 1 again", "score 20 again"];
    const [search, ...rerankings] = events.slice(
      end,
      end + events.slice(end).length / queries.size,
    );
    expect(search).toBe("near");
    expect(rerankings).toEqual(Array.from({ length: rerankings.length / 2 }, () => pair).flat());
  });

  test.each([
    ["short", { call: 4, passage: 0.25 }],
    ["longer", { call: 40, passage: 2 }],
    ["without a cost of its own", { call: 0, passage: 3 }],
  ])("times calls of a reranker that are %s as a search by hand would", async (_name, takes) => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const score: PairScorer["score"] = (query, texts, options) => {
        vi.advanceTimersByTime(takes.call + takes.passage * texts.length);
        return scorers.good.score(query, texts, options);
      };
      const good = new CrossEncoderReranker({ scorer: { ...scorers.good, score } });
      const pools = await collect({ rerankers: { good } });
      expect(pools.rerankers.get("good")?.onePassageMs).toBe(takes.call + takes.passage);
      const candidateCounts = [1, 5, 10, 20];
      const { entries } = bakeOff({ pools, judgements, measures: [nDCG(10)], candidateCounts });
      const counts = new Set<number>();
      for (const { firstStage, settings, latency } of entries) {
        const count = settings.candidateCount;
        if (firstStage !== "near" || count === undefined) continue;
        counts.add(count);
        // Passages of several lengths, which this scorer ignores, make the small difference.
        expect(Math.abs(latency.mean - (takes.call + takes.passage * count))).toBeLessThan(
          3 * takes.passage,
        );
      }
      expect([...counts]).toEqual(candidateCounts);
    } finally {
      vi.useRealTimers();
    }
  });

  test("asks again only for times that are short, and only alone", async () => {
    const again: number[] = [];
    const scorerTaking = (milliseconds: number): PairScorer => ({
      ...scorers.good,
      score: (query, texts, options) => {
        if (isAgain(query)) again.push(texts.length);
        vi.advanceTimersByTime(milliseconds);
        return scorers.good.score(query, texts, options);
      },
    });
    const collectTaking = (milliseconds: number, options = {}) => {
      again.length = 0;
      const good = new CrossEncoderReranker({ scorer: scorerTaking(milliseconds) });
      return collect({ rerankers: { good }, ...options });
    };
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      await collectTaking(21);
      expect(again).toEqual([1, 1, 1, 1, 1]);
      await collectTaking(1, { concurrency: 2 });
      expect(again).toEqual([1, 1, 1, 1, 1]);
      // 60 queries of 19 ms fit into ten seconds eight times, each with one passage as well.
      await collectTaking(19);
      expect(again).toHaveLength(60 * 8 * 2);
    } finally {
      vi.useRealTimers();
    }
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
