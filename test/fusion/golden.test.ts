import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Fusion } from "../../src/fusion/fusion.ts";
import { reciprocalRankFusion } from "../../src/fusion/reciprocal-rank-fusion.ts";
import { weightedScoreFusion } from "../../src/fusion/weighted-score-fusion.ts";
import { ranking, scoresOf, frozen } from "./rankings.ts";

type Scores = Readonly<Record<string, number>>;

interface GoldenCase {
  readonly rankings: readonly (readonly (readonly [id: string, score: number])[])[];
  readonly weights: readonly number[];
  readonly normalized: Readonly<Record<"min-max" | "z-score" | "rank", readonly Scores[]>>;
  readonly fused: Readonly<Record<"rrf" | "min-max" | "z-score" | "rank" | "distribution", Scores>>;
}

/** Made by test/fixtures/make_fusion_golden.py, which says how and with which versions. */
const { cases }: { readonly cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/golden/fusion.json"), "utf8"),
);

function expectScores(fusion: Fusion, { rankings }: GoldenCase, expected: Scores): void {
  const found = scoresOf(fusion.fuse(frozen(...rankings.map((entries) => ranking(...entries)))));
  expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [id, score] of Object.entries(expected)) {
    expect(Math.abs((found[id] ?? Number.NaN) - score), id).toBeLessThan(1e-12);
  }
}

describe.each(cases)("golden case %#", (golden) => {
  const { weights, normalized, fused } = golden;

  test("fuses by reciprocal rank as ranx does", () => {
    expectScores(reciprocalRankFusion({ rankConstant: 60 }), golden, fused.rrf);
  });

  test.each(["min-max", "rank"] as const)("fuses %s scores as ranx does", (normalization) => {
    expectScores(weightedScoreFusion({ weights, normalization }), golden, fused[normalization]);
  });

  test("fuses distributions as qdrant-client does", () => {
    expectScores(
      weightedScoreFusion({ normalization: "distribution" }),
      golden,
      fused.distribution,
    );
  });

  test("normalizes to the z-scores of ranx", () => {
    for (const [index, scores] of normalized["z-score"].entries()) {
      const alone = weights.map((_weight, other) => (other === index ? 1 : 0));
      expectScores(
        weightedScoreFusion({ weights: alone, normalization: "z-score" }),
        golden,
        scores,
      );
    }
  });

  // ranx counts 0 for what a list misses: under z-scores that is the mean, so that a document would
  // do better unfound than found in the lower half. Here it counts as the list's lowest.
  test("fuses z-scores as ranx does, but for what a list misses", () => {
    const expected = Object.entries(fused["z-score"]).map(([id, score]) => {
      const missed = normalized["z-score"].map((scores, index) =>
        id in scores ? 0 : (weights[index] ?? 0) * Math.min(...Object.values(scores)),
      );
      return [id, missed.reduce((a, b) => a + b, score)] as const;
    });
    const fusion = weightedScoreFusion({ weights, normalization: "z-score" });
    expectScores(fusion, golden, Object.fromEntries(expected));
  });
});

test("differs from ranx if all scores are equal: min-max gives 1, not 0, to what was found", () => {
  // With 0, the one document that BM25 finds for a part number would count as not found.
  const fused = weightedScoreFusion().fuse(frozen(ranking(["a", 5], ["b", 4]), ranking(["c", 12])));
  expect(scoresOf(fused)).toEqual({ a: 1, c: 1, b: 0 });
});
