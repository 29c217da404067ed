import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ranking } from "../../src/fusion/fusion.ts";
import { reciprocalRankFusion } from "../../src/fusion/reciprocal-rank-fusion.ts";
import {
  anyRanking,
  anyRankings,
  type Entry,
  idsOf,
  ranked,
  ranking,
  scoresOf,
  frozen,
} from "./rankings.ts";

describe("reciprocalRankFusion", () => {
  test("ranks what both rankings found above what is first in one", () => {
    const fused = reciprocalRankFusion().fuse(frozen(ranked("a", "b"), ranked("c", "b")));
    expect(idsOf(fused)).toEqual(["b", "a", "c"]);
    expect(fused[0]?.score).toBeCloseTo(2 / 62, 15);
  });

  test("says where each document came from, with the entry of each ranking", () => {
    const dense = ranking(["a", 0.9], ["b", 0.8]);
    const lexical = ranking(["b", 12]);
    const [best] = reciprocalRankFusion().fuse(frozen(dense, lexical));
    expect(best).toEqual({
      item: { id: "b", score: 0.8 },
      score: 1 / 61 + 1 / 62,
      index: 1,
      ranks: [
        { ranking: 0, rank: 2, item: dense[1] },
        { ranking: 1, rank: 1, item: lexical[0] },
      ],
    });
    expect(best?.ranks[0]?.item).toBe(dense[1]);
  });

  test("counts an id once in each ranking, at its best rank, and skips its later entries", () => {
    const fused = reciprocalRankFusion().fuse(frozen(ranked("a", "b", "a", "c")));
    expect(scoresOf(fused)).toEqual({ a: 1 / 61, b: 1 / 62, c: 1 / 63 });
  });

  test("orders ties by first appearance: first ranking first, then by rank", () => {
    const fused = reciprocalRankFusion().fuse(
      frozen(ranked("x", "y"), ranked("z", "x"), ranked("y", "z")),
    );
    expect(idsOf(fused)).toEqual(["x", "y", "z"]);
  });

  test("sees a tie in equal ranks, whichever ranking gave which", () => {
    const rotated = [ranked("c", "a", "b"), ranked("b", "c", "a"), ranked("a", "b", "c")];
    for (const rankConstant of [0, 1, 7, 60, 61]) {
      const fused = reciprocalRankFusion({ rankConstant }).fuse(rotated);
      expect(idsOf(fused)).toEqual(["c", "a", "b"]);
    }
  });

  test("weighs rankings, and leaves one of weight 0 out as if it had not been passed", () => {
    const rankings = [ranked("a", "b"), ranked("c", "a"), ranked("b")];
    const fused = reciprocalRankFusion({ weights: Object.freeze([1, 0, 3]) }).fuse(rankings);
    expect(fused.map(({ item, score }) => [item.id, score])).toEqual([
      ["b", 1 / 62 + 3 / 61],
      ["a", 1 / 61],
    ]);
    expect(fused[0]?.ranks.map((each) => each.ranking)).toEqual([0, 2]);
  });

  test("looks no further than the window, which counts documents", () => {
    const fused = reciprocalRankFusion({ window: 2 }).fuse(
      frozen(ranked("a", "a", "b", "c"), ranked("c")),
    );
    expect(scoresOf(fused)).toEqual({ a: 1 / 61, b: 1 / 62, c: 1 / 61 });
  });

  test("takes the rank constant it is given", () => {
    const fused = reciprocalRankFusion({ rankConstant: 0 }).fuse(frozen(ranked("a", "b")));
    expect(scoresOf(fused)).toEqual({ a: 1, b: 1 / 2 });
  });

  test("takes ids that are names of object members", () => {
    const fused = reciprocalRankFusion().fuse(
      frozen(ranked("__proto__", "toString"), ranked("toString")),
    );
    expect(idsOf(fused)).toEqual(["toString", "__proto__"]);
  });

  test("needs no scores", () => {
    const fused = reciprocalRankFusion().fuse(frozen([{ id: "a" }, { id: "b" }]));
    expect(fused.map(({ item }) => item)).toEqual([{ id: "a" }, { id: "b" }]);
  });

  test("returns nothing for nothing", () => {
    expect(reciprocalRankFusion().fuse(frozen())).toEqual([]);
    expect(reciprocalRankFusion().fuse(frozen(ranked(), ranked()))).toEqual([]);
    expect(idsOf(reciprocalRankFusion().fuse(frozen(ranked(), ranked("a"))))).toEqual(["a"]);
  });

  test("keeps its weights, even if the array is changed later", () => {
    const weights = [1, 1];
    const fusion = reciprocalRankFusion({ weights });
    weights.pop();
    expect(idsOf(fusion.fuse(frozen(ranked("a"), ranked("b"))))).toEqual(["a", "b"]);
  });

  test.each([
    [{ rankConstant: 0.5 }, "`rankConstant` to be a whole number of at least 0, got 0.5"],
    [{ window: 0 }, "`window` to be a whole number of at least 1, got 0"],
    [{ weights: [1, -1] }, "`weights[1]` to be a number of at least 0, got -1"],
    [{ weights: [Number.NaN] }, "`weights[0]` to be a number of at least 0, got NaN"],
    [
      { weights: [0, 0] },
      "`weights` to be an array of numbers of at least 0, with at least one above 0, got [0, 0]: pass one weight for each ranking",
    ],
    [JSON.parse('{ "weights": 2 }'), "with at least one above 0, got 2"],
  ])("refuses %o", (options, message) => {
    expect(() => reciprocalRankFusion(options)).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.stringContaining(message),
      }),
    );
  });

  test("refuses rankings that the weights do not match, and entries without id or finite score", () => {
    const fusion = reciprocalRankFusion({ weights: [1, 1] });
    expect(() => fusion.fuse(frozen(ranked("a")))).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message:
          "Expected `weights` to hold one number for each of the 1 rankings, got 2: pass one weight for each retriever, in their order, or leave `weights` out to count all equally.",
      }),
    );
    expect(() => fusion.fuse(frozen(ranked("a"), ranking(["b", Number.NaN])))).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: 'Expected the score of "b" in ranking 1 to be a finite number, got NaN.',
      }),
    );
    const withoutId: Ranking<Entry> = JSON.parse('[{ "score": 1 }]');
    expect(() => fusion.fuse(frozen(ranked("a"), withoutId))).toThrow(
      "Expected every id of ranking 1 to be a string, got undefined.",
    );
  });
});

describe("reciprocalRankFusion, on any rankings,", () => {
  const weight = fc.integer({ min: 0, max: 8 }).map((quarter) => quarter / 4);
  const options = fc.record({ rankConstant: fc.nat(80), window: fc.integer({ min: 1, max: 13 }) });

  test("agrees with a naive twin", () => {
    const weighted = fc.array(fc.tuple(anyRanking, weight), { maxLength: 4 });
    fc.assert(
      fc.property(weighted, options, (lists, { rankConstant, window }) => {
        const weights = lists.map(([, each]) => each);
        fc.pre(lists.length === 0 || weights.some((each) => each > 0));
        const rankings = lists.map(([entries]) => entries);
        const fused = reciprocalRankFusion({ weights, rankConstant, window }).fuse(rankings);
        const tops = rankings.map((entries) =>
          [...new Set(entries.map(({ id }) => id))].slice(0, window),
        );
        const naive = new Map<string, number>();
        for (const [index, ids] of tops.entries()) {
          const times = weights[index] ?? 0;
          for (const [position, id] of times > 0 ? ids.entries() : []) {
            naive.set(id, (naive.get(id) ?? 0) + times / (rankConstant + position + 1));
          }
        }
        expect(new Set(idsOf(fused))).toEqual(new Set(naive.keys()));
        for (const { item, score } of fused)
          expect(score).toBeCloseTo(naive.get(item.id) ?? -1, 12);
        const order = fused.toSorted((a, b) => b.score - a.score || a.index - b.index);
        expect(fused).toEqual(order);
        expect(fused.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
          ...fused.keys(),
        ]);
      }),
    );
  });

  test("gives the same scores in whichever order they come", () => {
    fc.assert(
      fc.property(anyRankings, (rankings) => {
        const there = reciprocalRankFusion().fuse(rankings);
        const back = reciprocalRankFusion().fuse(rankings.toReversed());
        expect(new Map(back.map(({ item, score }) => [item.id, score]))).toEqual(
          new Map(there.map(({ item, score }) => [item.id, score])),
        );
      }),
    );
  });

  test("keeps a single ranking as it is", () => {
    fc.assert(
      fc.property(anyRanking, (entries) => {
        const distinct = [...new Set(entries.map(({ id }) => id))];
        expect(idsOf(reciprocalRankFusion().fuse(frozen(entries)))).toEqual(distinct);
      }),
    );
  });
});
