import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fusionFeatures,
  type FusionEvidence,
  type FusionFeature,
  orderByFusion,
  standardizedFeature,
} from "../../src/ranking/fitted-fusion.ts";

const interval = { low: 0, high: 0 };
const weighing = (weights: Partial<Record<FusionFeature, number>>) => ({
  weights: fusionFeatures.flatMap((feature) => {
    const weight = weights[feature];
    return weight === undefined ? [] : [{ feature, weight, interval }];
  }),
});

const score = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const found = fc.option(fc.record({ rank: fc.integer({ min: 1, max: 100 }), score }), {
  nil: undefined,
});
const evidence = fc.record({ dense: found, lexical: found, fused: found, rawScore: score });
const weights = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
  minLength: fusionFeatures.length,
  maxLength: fusionFeatures.length,
});

describe("orderByFusion", () => {
  test("orders as computed by hand, and says what each feature contributed", () => {
    const candidates: (FusionEvidence & { readonly id: string })[] = [
      { id: "a", dense: { rank: 1, score: 0.9 }, rawScore: -1 },
      { id: "b", dense: { rank: 2, score: 0.5 }, lexical: { rank: 1, score: 7 }, rawScore: 3 },
    ];
    // Of two different values, one is 1 deviation above the mean, the other 1 below.
    const fusion = weighing({ denseScore: 1, lexicalFound: 0.25, rerankScore: 0.5 });
    const ordered = orderByFusion(candidates, fusion);
    expect(ordered.map(({ item }) => item.id)).toEqual(["a", "b"]);
    expect(ordered[0]?.score).toBeCloseTo(1 - 0.25 - 0.5, 12);
    expect(ordered[1]?.contributions).toEqual({
      denseScore: expect.closeTo(-1, 12),
      lexicalFound: expect.closeTo(0.25, 12),
      rerankScore: expect.closeTo(0.5, 12),
    });
    const trusting = orderByFusion(candidates, weighing({ denseScore: 1, rerankScore: 1.5 }));
    expect(trusting.map(({ item }) => item.id)).toEqual(["b", "a"]);
  });

  test("has contributions that add up to the score, and every candidate once", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), weights, (candidates, all) => {
        const fusion = {
          weights: fusionFeatures.map((feature, index) => ({
            feature,
            weight: all[index] ?? 0,
            interval,
          })),
        };
        const ordered = orderByFusion(candidates, fusion);
        expect(ordered.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
          ...candidates.keys(),
        ]);
        for (const each of ordered) {
          const sum = Object.values(each.contributions).reduce((total, part) => total + part, 0);
          expect(each.score).toBe(sum);
          expect(Number.isFinite(each.score)).toBe(true);
        }
      }),
    );
  });

  test("keeps the order of ties, and of a single candidate", () => {
    const same = { dense: { rank: 1, score: 0.5 } };
    const fusion = weighing({ denseScore: 2 });
    expect(orderByFusion([same, same, same], fusion).map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(orderByFusion([same], fusion)).toMatchObject([{ score: 0 }]);
    expect(orderByFusion([], fusion)).toEqual([]);
  });
});

describe("standardizedFeature", () => {
  test("counts a candidate that a retriever did not find as its lowest score", () => {
    const candidates = [
      { lexical: { rank: 1, score: 8 } },
      { lexical: { rank: 2, score: 2 } },
      { dense: { rank: 1, score: 0.9 } },
      { lexical: { rank: 1, score: 8 } },
    ];
    expect(standardizedFeature(candidates, "lexicalScore")).toEqual([1, -1, -1, 1]);
    const ranks = standardizedFeature(candidates, "lexicalReciprocalRank");
    expect(ranks[2]).toBeLessThan(ranks[1] ?? Number.NaN);
  });

  test("is 0 if a retriever found nothing, or the same of all", () => {
    const candidates = [
      { dense: { rank: 1, score: 0.1 + 0.2 } },
      { dense: { rank: 2, score: 0.1 + 0.2 } },
    ];
    for (const feature of ["lexicalScore", "lexicalFound", "denseScore", "denseFound"] as const) {
      expect(standardizedFeature(candidates, feature)).toEqual([0, 0]);
    }
  });
});
