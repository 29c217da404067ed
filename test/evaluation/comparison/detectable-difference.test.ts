import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { describe, expect, test } from "vitest";
import { detectableDifference } from "../../../src/evaluation/comparison/detectable-difference.ts";
import { randomizationTest } from "../../../src/evaluation/comparison/randomization-test.ts";

/** Alternating differences of mean 0 and standard deviation 1. */
const alternating = (queries: number): number[] =>
  Array.from(
    { length: queries },
    (_, index) => (index % 2 === 0 ? 1 : -1) * Math.sqrt(1 - 1 / queries),
  );

describe("detectableDifference", () => {
  test("is 2.80 standard errors at the usual level and power", () => {
    expect(detectableDifference(alternating(100))).toBeCloseTo(0.28, 3);
    expect(detectableDifference(alternating(100), { level: 0.01, power: 0.9 })).toBeCloseTo(
      (2.5758 + 1.2816) / 10,
      2,
    );
  });

  test("halves with four times the queries", () => {
    const ratio = detectableDifference(alternating(50)) / detectableDifference(alternating(200));
    expect(ratio).toBeCloseTo(2, 12);
  });

  test("is found by the randomisation test about as often as its power says", () => {
    const even = Array.from({ length: 40 }, (_, index) => (index + 0.5) / 40 - 0.5);
    const gain = detectableDifference(even);
    let found = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      const random = mersenne(seed + 10_000);
      const drawn = even.map(() => gain + uniformFloat64(random) - 0.5);
      if (randomizationTest(drawn, { seed, resamples: 199 }) <= 0.05) found += 1;
    }
    expect(found / 300).toBeGreaterThan(0.74);
    expect(found / 300).toBeLessThan(0.86);
  });

  test("is 0 if every difference is the same", () => {
    expect(detectableDifference([0.5, 0.5, 0.5])).toBe(0);
  });

  test("refuses a single query, what is not finite, and a power out of range", () => {
    expect(() => detectableDifference([0.5])).toThrow(
      "Expected at least 2 queries to compare systems, got 1: judge more queries.",
    );
    expect(() => detectableDifference([0, Number.NaN])).toThrow(
      "Expected `differences[1]` to be a finite number, got NaN.",
    );
    expect(() => detectableDifference([0, 1], { power: 80 })).toThrow(
      "Expected `power` to be a number from 0.5 to 0.999, got 80.",
    );
    expect(() => detectableDifference([0, 1], { level: 0 })).toThrow("Expected `level`");
  });
});
