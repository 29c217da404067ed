import * as fc from "fast-check";
import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { expectedEntrants } from "../../src/cross-encoder/adaptive-depth.ts";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** A scorer that reads the score from the text, and counts what it read. */
function readingScorer(): { readonly scorer: PairScorer; readonly read: string[] } {
  const read: string[] = [];
  const scorer: PairScorer = {
    name: "reads the score",
    scale: "logit",
    score: async (_query, texts) => {
      read.push(...texts);
      return { scores: texts.map(Number) };
    },
  };
  return { scorer, read };
}

const documentsOf = (scores: readonly number[]): readonly Document[] =>
  deepFreeze(scores.map((score) => new Document({ pageContent: String(score) })));
/** Falls steeply with the rank, and swings a little. */
const falling = Array.from(
  { length: 50 },
  (_, index) => 4 - 3 * Math.log(index + 1) + (index % 3) / 10,
);
const level = Array.from({ length: 50 }, (_, index) => Math.sin(index * 7));

/** The texts of the best three of those that fall. */
const best = async (adaptiveDepth: boolean): Promise<string[]> => {
  const reranker = new CrossEncoderReranker({
    scorer: readingScorer().scorer,
    adaptiveDepth,
    topN: 3,
  });
  return (await reranker.rerank("q", documentsOf(falling))).map(({ pageContent }) => pageContent);
};

/** How many candidates a search with this blend has scored. */
const asked = async (blend: number): Promise<number> => {
  const { scorer, read } = readingScorer();
  const retriever = new TwoStageRetriever({
    candidates: { candidates: async () => [...documentsOf(falling)] },
    reranker: new CrossEncoderReranker({ scorer, adaptiveDepth: true }),
    blend,
    k: 3,
  });
  const { coverage, documents } = await retriever.search("q");
  expect(documents).toHaveLength(3);
  expect(coverage).toEqual({ scored: read.length, candidates: 50 });
  return read.length;
};

describe("adaptive depth", () => {
  test("stops if the rest is unlikely, keeps its order and says why it has no score", async () => {
    const { scorer, read } = readingScorer();
    const reranker = new CrossEncoderReranker({ scorer, adaptiveDepth: true });
    const documents = documentsOf(falling);
    const ranked = await reranker.rerank("q", documents, { topN: 50, decisiveRanks: 3 });
    expect(read.length).toBeLessThan(30);
    expect(ranked.slice(read.length).map(({ pageContent }) => pageContent)).toEqual(
      falling.slice(read.length).map(String),
    );
    expect(provenanceOf(ranked.at(-1) ?? new Document({ pageContent: "" })).rerank).toEqual({
      scored: false,
      reason: "unlikely",
    });
  });

  test("gives the same first ranks as scoring all if scores fall with the rank", async () => {
    expect(await best(true)).toEqual(await best(false));
  });

  test("reads all if any text might be the best, and if adaptive depth is off", async () => {
    for (const [scores, adaptiveDepth] of [
      [level, true],
      [falling, false],
    ] as const) {
      const { scorer, read } = readingScorer();
      await new CrossEncoderReranker({ scorer, adaptiveDepth, topN: 3 }).rerank(
        "q",
        documentsOf(scores),
      );
      expect(read).toHaveLength(50);
    }
  });

  test("drops unread documents if there is a threshold, since nothing shows that they reach it", async () => {
    const { scorer, read } = readingScorer();
    const options = { scorer, adaptiveDepth: true, topN: 50, scoreThreshold: 0.5 };
    const ranked = await new CrossEncoderReranker(options).rerank("q", documentsOf(falling), {
      decisiveRanks: 3,
    });
    expect(ranked.length).toBeLessThan(read.length);
    expect(ranked.every(({ pageContent }) => Number(pageContent) >= 0)).toBe(true);
  });

  test("scores for the ranks that a TwoStageRetriever returns, unless it blends", async () => {
    expect(await asked(1)).toBeLessThan(30);
    expect(await asked(0.5)).toBe(50);
  });

  test("passes the deadline on, and names the reason for what it left out", async () => {
    const scorer: PairScorer = {
      name: "too late",
      scale: "logit",
      score: async (_query, texts) => ({
        scores: texts.map(() => Number.NaN),
        unscored: new Map(texts.map((_, index) => [index, "deadline"])),
      }),
    };
    const reranker = new CrossEncoderReranker({ scorer, adaptiveDepth: true, deadlineMs: 0 });
    const [first] = await reranker.rerank("q", documentsOf(falling));
    expect(provenanceOf(first ?? new Document({ pageContent: "" })).rerank).toEqual({
      scored: false,
      reason: "deadline",
    });
  });
});

describe("expectedEntrants", () => {
  test("is Infinity for too few scores, and between 0 and what is left otherwise", () => {
    expect(expectedEntrants(Float64Array.of(3, 2, 1), { ranks: 1, total: 50 })).toBe(Infinity);
    const scores = fc.array(fc.float({ min: -10, max: 10, noNaN: true }), {
      minLength: 10,
      maxLength: 40,
    });
    fc.assert(
      fc.property(scores, fc.integer({ min: 0, max: 60 }), (seen, left) => {
        const total = seen.length + left;
        const entrants = expectedEntrants(Float64Array.from(seen), { ranks: 3, total });
        expect(entrants).toBeGreaterThanOrEqual(0);
        expect(entrants).toBeLessThanOrEqual(left);
      }),
    );
  });

  test("grows with what is left and with the ranks", () => {
    const seen = Float64Array.from(level.slice(0, 20));
    const at = (ranks: number, total: number): number => expectedEntrants(seen, { ranks, total });
    expect(at(3, 100)).toBeGreaterThan(at(3, 30));
    expect(at(9, 30)).toBeGreaterThan(at(3, 30));
  });
});
