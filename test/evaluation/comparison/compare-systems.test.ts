import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapInterval } from "../../../src/evaluation/comparison/bootstrap-interval.ts";
import {
  compareChallengers,
  compareSystems,
} from "../../../src/evaluation/comparison/compare-systems.ts";
import { detectableDifference } from "../../../src/evaluation/comparison/detectable-difference.ts";
import { pairedDifferences } from "../../../src/evaluation/comparison/paired-differences.ts";
import { randomizationTest } from "../../../src/evaluation/comparison/randomization-test.ts";
import { evaluationOf } from "./evaluations.ts";

const half = Array.from({ length: 24 }, (_, index) => ((index * 7) % 11) / 22);
const gains = half.map((value, index) => value + (index % 4 === 0 ? 0 : 0.05 + index / 100));
const noise = half.map((value, index) => value + 0.1 * Math.sin(index * index));

const options = { resamples: 300 };
/** Sixty-fourths, whose differences and sums are exact. */
const values = fc.array(fc.tuple(fc.nat(64), fc.nat(64)), { minLength: 2, maxLength: 30 });
const sideOf = (pairs: readonly (readonly [number, number])[], side: 0 | 1, shift = 0) => [
  evaluationOf(
    "R@5",
    pairs.map((pair) => (pair[side] + shift) / 64),
  ),
];

describe("compareSystems", () => {
  test("reports for each measure the gain, its certainty, and the number of queries", () => {
    const [row] = compareSystems(
      [evaluationOf("R@5", [0.5, 0.25, 1, 0])],
      [evaluationOf("R@5", [0.75, 0.25, 0.5, 1])],
    );
    expect(row).toEqual({
      measure: "R@5",
      queries: 4,
      baselineMean: 0.4375,
      challengerMean: 0.625,
      difference: 0.1875,
      relativeGain: 0.1875 / 0.4375,
      // Of the 256 resamples 5 lie below, and 5 above: less than 2.5 %.
      interval: { low: -0.3125, high: 0.75 },
      pValue: 0.75,
      adjustedPValue: 0.75,
      isSignificant: false,
      wins: 2,
      ties: 1,
      losses: 1,
      detectableDifference: expect.closeTo((2.8 * 0.625) / 2, 2),
    });
  });

  test("corrects for the number of measures, and keeps each row otherwise", () => {
    const baseline = [evaluationOf("nDCG@10", half), evaluationOf("R@5", half)];
    const rows = compareSystems(baseline, [
      evaluationOf("R@5", noise),
      evaluationOf("nDCG@10", gains),
    ]);
    const alone = compareSystems([evaluationOf("R@5", half)], [evaluationOf("R@5", noise)]);
    expect(rows.map(({ measure }) => measure)).toEqual(["nDCG@10", "R@5"]);
    expect(rows.map(({ isSignificant }) => isSignificant)).toEqual([true, false]);
    expect(rows[0]?.adjustedPValue).toBe(2 * (rows[0]?.pValue ?? 0));
    expect(rows[1]).toEqual(alone[0]);
  });

  test("calls significant what is adjusted to at most the level", () => {
    // Six equal gains: 2 of 2^6 patterns.
    const [six, six2] = [
      evaluationOf("R@5", [0, 0, 0, 0, 0, 0]),
      evaluationOf("R@5", [1, 1, 1, 1, 1, 1]),
    ];
    expect(compareSystems([six], [six2], { level: 1 / 32 })[0]?.isSignificant).toBe(true);
    expect(compareSystems([six], [six2], { level: 1 / 33 })[0]?.isSignificant).toBe(false);
  });

  test("uses the given number of resamples, seed, level and power", () => {
    const drawn = { seed: 8, resamples: 150, level: 0.2 };
    const given = { ...drawn, power: 0.95 };
    const [row] = compareSystems(
      [evaluationOf("R@5", half)],
      [evaluationOf("R@5", noise)],
      Object.freeze(given),
    );
    const differences = pairedDifferences(evaluationOf("R@5", half), evaluationOf("R@5", noise));
    expect(row).toMatchObject({
      interval: bootstrapInterval(differences, drawn),
      pValue: randomizationTest(differences, given),
      detectableDifference: detectableDifference(differences, given),
    });
    const [usual] = compareSystems([evaluationOf("R@5", half)], [evaluationOf("R@5", noise)]);
    expect(usual?.pValue).not.toBe(row?.pValue);
  });

  test("finds nothing between a system and itself", () => {
    const same = [evaluationOf("R@5", half)];
    expect(compareSystems(same, same)[0]).toMatchObject({
      difference: 0,
      relativeGain: 0,
      interval: { low: 0, high: 0 },
      pValue: 1,
      isSignificant: false,
      wins: 0,
      ties: 24,
      losses: 0,
      detectableDifference: 0,
    });
  });

  test("has no relative gain over a baseline of 0", () => {
    const rows = compareSystems([evaluationOf("R@5", [0, 0])], [evaluationOf("R@5", [1, 0])]);
    expect(rows[0]?.relativeGain).toBeUndefined();
  });

  test("negates the difference for swapped systems and keeps p", () => {
    fc.assert(
      fc.property(values, (pairs) => {
        const [row] = compareSystems(sideOf(pairs, 0), sideOf(pairs, 1), options);
        const [swapped] = compareSystems(sideOf(pairs, 1), sideOf(pairs, 0), options);
        expect(swapped?.difference).toBeCloseTo(-(row?.difference ?? 0), 12);
        expect(swapped?.pValue).toBe(row?.pValue);
        expect(swapped?.interval.low).toBeCloseTo(-(row?.interval.high ?? 0), 12);
        expect(swapped).toMatchObject({ wins: row?.losses, ties: row?.ties, losses: row?.wins });
      }),
    );
  });

  test("sees no change if both systems gain the same", () => {
    fc.assert(
      fc.property(values, fc.nat(64), (pairs, shift) => {
        const [row] = compareSystems(sideOf(pairs, 0), sideOf(pairs, 1), options);
        const [moved] = compareSystems(sideOf(pairs, 0, shift), sideOf(pairs, 1, shift), options);
        const { baselineMean, challengerMean, relativeGain } = row ?? {};
        expect({ ...moved, baselineMean, challengerMean, relativeGain }).toEqual(row);
      }),
    );
  });

  test("refuses other measures, a measure twice, and a single query; takes none", () => {
    const [recall, gain] = [evaluationOf("R@5", half), evaluationOf("nDCG@10", half)];
    expect(() => compareSystems([recall, gain], [recall])).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message:
          'Expected both systems to have the same measures, got R@5, nDCG@10 for the baseline and R@5 for "challenger".',
      }),
    );
    expect(() => compareSystems([recall], [])).toThrow('and none for "challenger"');
    expect(() => compareSystems([recall], [gain, recall])).toThrow(
      'and nDCG@10, R@5 for "challenger"',
    );
    expect(() => compareSystems([recall, recall], [recall])).toThrow(
      'Expected each measure once for "baseline", got R@5, R@5.',
    );
    const one = [evaluationOf("R@5", [1])];
    expect(() => compareSystems(one, one)).toThrow("Expected at least 2 queries");
    expect(compareSystems([], [])).toEqual([]);
  });
});

describe("compareChallengers", () => {
  test("corrects over all measures of all challengers", () => {
    const baseline = [evaluationOf("R@5", half)];
    const found = compareChallengers(
      baseline,
      new Map([
        ["gains", [evaluationOf("R@5", gains)]],
        ["noise", [evaluationOf("R@5", noise)]],
        ["same", baseline],
      ]),
    );
    expect([...found.keys()]).toEqual(["gains", "noise", "same"]);
    const row = found.get("gains")?.[0];
    expect(row?.adjustedPValue).toBeCloseTo(3 * (row?.pValue ?? 0), 12);
    expect(found.get("noise")?.[0]?.adjustedPValue).toBeGreaterThan(0.05);
    expect(found.get("same")?.[0]?.adjustedPValue).toBe(1);
  });

  test("names the challenger whose measures differ", () => {
    const challengers = new Map([["other model", [evaluationOf("R@1", half)]]]);
    expect(() => compareChallengers([evaluationOf("R@5", half)], challengers)).toThrow(
      'got R@5 for the baseline and R@1 for "other model".',
    );
  });
});
