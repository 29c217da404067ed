import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CachedScorer } from "../../src/cross-encoder/cached-scorer.ts";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { CascadeScorer, RemotePairScorer } from "../../src/rerankers/index.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { RerankStub, stubScore } from "../rerankers/rerank-stub.ts";

let stub: RerankStub;
beforeAll(async () => {
  stub = await RerankStub.start();
});
beforeEach(() => stub.plan());
afterAll(() => stub[Symbol.asyncDispose]());

const remote = (failover?: PairScorer): RemotePairScorer =>
  new RemotePairScorer({ dialect: "tei", url: stub.url, maxRetries: 0, failover });
const sent = (): (readonly string[])[] => stub.requests.map(({ texts }) => texts);

/** A scorer whose scores show what it was asked. */
function counting(name: string): PairScorer & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    scale: "unbounded",
    readsInstruction: true,
    asked,
    score: async (query, texts, { instruction = "none" } = {}) => {
      asked.push(...texts.map((text) => `${instruction} ${query} ${text}`));
      return { scores: texts.map((text) => text.length + instruction.length + query.length) };
    },
  };
}

describe("the contract", () => {
  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(new CachedScorer(remote()))).resolves.toBeUndefined();
  });

  test.each(pairScorerContract)("$name, with some scores known", async ({ check }) => {
    const scorer = new CachedScorer(remote());
    await scorer.score("Which river is the longest?", ["A bridge of old stone.", ""]);
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

describe("known scores", () => {
  test("are not asked for again, and have the place of their text", async () => {
    const scorer = new CachedScorer(remote());
    await scorer.score("rivers", ["Loire", "Rhine"]);
    const texts = ["Danube", "Rhine", "Po", "Loire"];
    const { scores, cached, unscored } = await scorer.score("rivers", texts);
    expect([...scores]).toEqual(texts.map(stubScore));
    expect([cached, unscored?.size]).toEqual([2, 0]);
    expect((await scorer.score("rivers", texts)).cached).toBe(4);
    expect(sent()).toEqual([
      ["Loire", "Rhine"],
      ["Danube", "Po"],
    ]);
  });

  test("are those of one scorer, instruction, query and text", async () => {
    const [one, other] = [counting("same"), counting("same")];
    const scorer = new CachedScorer(one);
    await scorer.score("q", ["a"]);
    await scorer.score("q", ["a"], { instruction: "short" });
    await scorer.score("q2", ["a"]);
    await scorer.score("q", ["b"]);
    const again = await scorer.score("q", ["a", "b"]);
    await new CachedScorer(other).score("q", ["a"]);
    expect(one.asked).toEqual(["none q a", "short q a", "none q2 a", "none q b"]);
    expect(other.asked).toEqual(["none q a"]);
    expect([...again.scores]).toEqual([6, 6]);
  });

  test("are shared by rerankers of one scorer", async () => {
    const scorer = counting("shared");
    await new CachedScorer(scorer).score("q", ["a"]);
    expect((await new CachedScorer(scorer).score("q", ["a"])).cached).toBe(1);
  });

  test("keep truncated tokens and windows", async () => {
    const window = { start: 0, end: 3, windows: 2 };
    const scorer = new CachedScorer({
      name: "cut",
      scale: "logit",
      score: async (_query, texts) => ({
        scores: texts.map((text) => text.length),
        truncatedTokens: texts.map((text) => text.length * 10),
        windows: new Map(texts.map((_, index) => [index, window])),
      }),
    });
    await scorer.score("q", ["long"]);
    const { truncatedTokens = [], windows } = await scorer.score("q", ["short", "long"]);
    expect(Array.from(truncatedTokens)).toEqual([50, 40]);
    expect(windows?.get(1)).toEqual(window);
  });

  test("hold no failed score: its text is asked again", async () => {
    stub.decide = ({ texts }) => (texts.includes("bad") ? { status: 413 } : "answer");
    const scorer = new CachedScorer(remote());
    const first = await scorer.score("q", ["good", "bad"]);
    expect([...first.scores]).toEqual([stubScore("good"), Number.NaN]);
    stub.plan();
    const second = await scorer.score("q", ["good", "bad"]);
    expect([...second.scores]).toEqual(["good", "bad"].map(stubScore));
    expect(sent()).toEqual([["bad"]]);
  });

  test("are never mixed with those of a scorer that stands in", async () => {
    const standIn = counting("stand-in");
    const scorer = new CachedScorer(remote(standIn));
    await scorer.score("q", ["a"]);
    stub.decide = () => ({ status: 500 });
    const { scores, scoredBy, cached } = await scorer.score("q", ["a", "bcd"]);
    expect([scoredBy?.name, [...scores], cached]).toEqual(["stand-in", [6, 8], undefined]);
    stub.plan();
    const back = await scorer.score("q", ["a", "bcd"]);
    expect([...back.scores]).toEqual(["a", "bcd"].map(stubScore));
  });

  test("of a cascade are its own: its stages stay in the result", async () => {
    const stages = [
      { scorer: counting("small") },
      { scorer: counting("large"), candidateCount: 1 },
    ];
    // One that names the scorer of its scores, and one that does not.
    const cascade = new CascadeScorer({ stages });
    const unnamed: PairScorer = {
      name: "unnamed",
      scale: "unbounded",
      score: async (...call) => ({ ...(await cascade.score(...call)), scoredBy: undefined }),
    };
    for (const each of [cascade, unnamed]) {
      const scorer = new CachedScorer(each);
      const first = await scorer.score("q", ["a", "bb"]);
      expect(await scorer.score("q", ["a", "bb"])).toMatchObject({
        scores: first.scores,
        stages: [{ name: "small" }, { name: "large" }],
      });
    }
  });

  test("serve a reranker that keeps its settings and gets another scorer", async () => {
    const scorer = counting("own");
    const reranker = new CrossEncoderReranker({ scorer, topN: 1, passageFields: ["title"] });
    const cached = reranker.withScorer(new CachedScorer(scorer));
    const documents = ["x", "xyz"].map((pageContent) => ({
      pageContent,
      metadata: { title: "T" },
    }));
    const expected = await reranker.rerank("q", documents);
    expect(await cached.rerank("q", documents)).toEqual(expected);
    expect(await cached.rerank("q", documents)).toEqual(expected);
    expect(expected).toHaveLength(1);
    expect(scorer.asked).toHaveLength(4);
  });
});
