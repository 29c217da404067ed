import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RankedItem } from "../../src/fusion/fusion.ts";
import type { ScoreNormalization } from "../../src/fusion/score-normalization.ts";
import { weightedScoreFusion } from "../../src/fusion/weighted-score-fusion.ts";
import {
  anyDistinctRanking,
  anyRankings,
  idsOf,
  ranked,
  ranking,
  scoresOf,
  frozen,
  pairsOf,
} from "./rankings.ts";

const normalizations = ["min-max", "z-score", "distribution", "rank"] as const;

describe("weightedScoreFusion", () => {
  test("adds min-max scores, times their weights, and names itself", () => {
    const fusion = weightedScoreFusion({ weights: Object.freeze([0.25, 0.75]) });
    const fused = fusion.fuse(
      frozen(ranking(["a", 10], ["b", 6], ["c", 2]), ranking(["b", 0.9], ["d", 0.7], ["a", 0.5])),
    );
    expect(fusion.method).toBe("weighted-min-max");
    expect(idsOf(fused)).toEqual(["b", "d", "a", "c"]);
    expect(scoresOf(fused)["b"]).toBeCloseTo(0.25 * 0.5 + 0.75, 12);
    expect(scoresOf(fused)["d"]).toBeCloseTo(0.75 * 0.5, 12);
    expect(scoresOf(fused)).toMatchObject({ a: 0.25, c: 0 });
    expect(fused[0]?.ranks.map(({ rank, item }) => [rank, item.score])).toEqual([
      [2, 6],
      [1, 0.9],
    ]);
  });

  test.each<[ScoreNormalization, number, readonly number[]]>([
    ["min-max", 1, [1, 1, 1]],
    ["z-score", 0, [0, 0, 0]],
    ["distribution", 0.5, [0.5, 0.5, 0.5]],
    ["rank", 1, [1, 2 / 3, 1 / 3]],
  ])("%s gives a lone document %d and equal scores %j", (normalization, lone, equal) => {
    const fusion = weightedScoreFusion({ normalization });
    expect(scoresOf(fusion.fuse(frozen(ranking(["a", -7]))))).toEqual({ a: lone });
    // The mean of three times 0.1 is not 0.1 in floating point.
    const constant = ranking(["a", 0.1], ["b", 0.1], ["c", 0.1]);
    expect(fusion.fuse(frozen(constant)).map(({ score }) => score)).toEqual(equal);
    expect(idsOf(fusion.fuse(frozen(ranked(), constant)))).toEqual(["a", "b", "c"]);
    expect(scoresOf(fusion.fuse(frozen(ranking(["a", 0]))))).toEqual({ a: lone });
    expect(fusion.fuse(frozen(ranked()))).toEqual([]);
  });

  test("counts what a ranking misses as its lowest z-score, so a ranking of one has no effect", () => {
    const fused = weightedScoreFusion({ normalization: "z-score" }).fuse(
      frozen(ranking(["a", 3], ["b", 2], ["c", 1]), ranking(["d", 1])),
    );
    const lowest = -Math.sqrt(3 / 2);
    expect(idsOf(fused)).toEqual(["a", "b", "c", "d"]);
    for (const [id, score] of Object.entries({ a: -lowest, b: 0, c: lowest, d: lowest })) {
      expect(scoresOf(fused)[id]).toBeCloseTo(score, 12);
    }
  });

  test("does not let an outlier of a distribution fall below what was not found at all", () => {
    const scores = Array.from({ length: 30 }, (_, index) => [`d${index}`, 1] as const);
    const fused = weightedScoreFusion({ normalization: "distribution" }).fuse(
      frozen(ranking(...scores, ["low", -100]), ranking(["other", 1], ["low", 1])),
    );
    expect(scoresOf(fused)["other"]).toBeLessThan(0.5);
    expect(scoresOf(fused)["other"]).toBe(scoresOf(fused)["low"]);
  });

  test("takes only the window into the normalization", () => {
    const fusion = weightedScoreFusion({ window: 2 });
    expect(scoresOf(fusion.fuse(frozen(ranking(["a", 3], ["b", 2], ["c", 1]))))).toEqual({
      a: 1,
      b: 0,
    });
  });

  test("takes an id twice in one ranking at its best rank, and ids like __proto__", () => {
    const fused = weightedScoreFusion().fuse(
      frozen(
        ranking(["__proto__", 4], ["a", 2], ["__proto__", 1], ["b", 0]),
        ranking(["__proto__", 9]),
      ),
    );
    expect(fused.map(({ item, score }) => [item.id, score])).toEqual([
      ["__proto__", 2],
      ["a", 0.5],
      ["b", 0],
    ]);
  });

  test("leaves a ranking of weight 0 out, with its scores or without", () => {
    const unscored: RankedItem[] = [{ id: "a" }];
    const rankings = frozen(unscored, ranked("b", "c"));
    const fused = weightedScoreFusion({ weights: [0, 1] }).fuse(rankings);
    expect(fused.map(({ item }) => item.id)).toEqual(["b", "c"]);
  });

  test("refuses an unknown normalization, and an entry without a score", () => {
    const unknown: ScoreNormalization = JSON.parse('"toString"');
    expect(() => weightedScoreFusion({ normalization: unknown })).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message:
          'Expected `normalization` to be one of "min-max", "z-score", "distribution", "rank", got "toString".',
      }),
    );
    expect(() => weightedScoreFusion().fuse(frozen([{ id: "a" }]))).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringContaining('Expected a score for "a", got none'),
      }),
    );
    expect(() => weightedScoreFusion().fuse(frozen(ranking(["a", Infinity])))).toThrow(
      "got Infinity.",
    );
  });
});

describe.each(normalizations)("weightedScoreFusion by %s, on any rankings,", (normalization) => {
  const fusion = weightedScoreFusion({ normalization });

  test("gives the same scores in whichever order they come", () => {
    fc.assert(
      fc.property(anyRankings, (rankings) => {
        const back = fusion.fuse(rankings.toReversed());
        expect(new Map(back.map(({ item, score }) => [item.id, score]))).toEqual(
          new Map(fusion.fuse(rankings).map(({ item, score }) => [item.id, score])),
        );
      }),
    );
  });

  test("keeps the order of a single ranking", () => {
    fc.assert(
      fc.property(anyDistinctRanking, (entries) => {
        expect(idsOf(fusion.fuse(frozen(entries)))).toEqual(entries.map(({ id }) => id));
      }),
    );
  });

  test("does not see a ranking's scale and offset", () => {
    const factor = fc.integer({ min: 1, max: 1000 });
    const offset = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        anyDistinctRanking,
        anyDistinctRanking,
        factor,
        offset,
        (one, other, by, plus) => {
          const moved = ranking(
            ...pairsOf(one).map(([id, score]) => [id, by * score + plus] as const),
          );
          const before = scoresOf(fusion.fuse(frozen(one, other)));
          for (const { item, score } of fusion.fuse(frozen(moved, other))) {
            expect(score).toBeCloseTo(before[item.id] ?? Number.NaN, 8);
          }
        },
      ),
    );
  });

  test("never ranks what it found below what it did not, all else being equal", () => {
    fc.assert(
      fc.property(anyDistinctRanking, (entries) => {
        // The two rivals are equal in every normalization, also by rank.
        const rivals = [ranking(["in", 1], ["out", 1]), ranking(["out", 1], ["in", 1])];
        const found = ranking(...pairsOf(entries), ["in", -20]);
        const scores = scoresOf(fusion.fuse(frozen(found, ...rivals)));
        expect(scores["in"]).toBeGreaterThanOrEqual(scores["out"] ?? Number.NaN);
      }),
    );
  });

  test("is finite for every finite score", () => {
    const scores = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 });
    fc.assert(
      fc.property(scores, (values) => {
        const sorted = values.toSorted((a, b) => b - a);
        const fused = fusion.fuse(
          frozen(ranking(...sorted.map((score, index) => [`d${index}`, score] as const))),
        );
        expect(fused.every(({ score }) => Number.isFinite(score))).toBe(true);
        expect(idsOf(fused)).toEqual(sorted.map((_, index) => `d${index}`));
      }),
      { examples: [[[Number.MAX_VALUE, -Number.MAX_VALUE]], [[5e-324, 0]]] },
    );
  });
});
