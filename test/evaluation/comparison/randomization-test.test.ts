import * as fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { describe, expect, test } from "vitest";
import { randomizationTest } from "../../../src/evaluation/comparison/randomization-test.ts";

/** Every pattern of signs, one by one; quarters add up without rounding. */
function naivePValue(quarters: readonly number[]): number {
  const sums = quarters.reduce<number[]>(
    (found, value) => found.flatMap((sum) => [sum + value, sum - value]),
    [0],
  );
  const observed = Math.abs(quarters.reduce((sum, value) => sum + value, 0));
  return sums.filter((sum) => Math.abs(sum) >= observed).length / sums.length;
}

const quarters = (maxLength: number) =>
  fc.array(
    fc.integer({ min: -4, max: 4 }).map((value) => value / 4),
    { maxLength },
  );

describe("randomizationTest", () => {
  test("is exact for few differences: 2 of 2^5 patterns are as far from 0 as five gains", () => {
    expect(randomizationTest([0.1, 0.2, 0.3, 0.4, 0.5])).toBe(2 / 32);
  });

  test("is the share of all patterns of signs", () => {
    fc.assert(
      fc.property(quarters(10), (differences) => {
        expect(randomizationTest(differences)).toBe(naivePValue(differences));
      }),
    );
  });

  test("is exact for 16 differences, however many ties there are besides", () => {
    const sixteen = Array.from({ length: 16 }, () => 0.5);
    const ties = Array.from({ length: 500 }, () => 0);
    expect(randomizationTest([...ties, ...sixteen, 0])).toBe(2 / 2 ** 16);
    expect(randomizationTest([...sixteen, 0.5], { resamples: 99 })).toBe(1 / 100);
  });

  test("counts sums that are equal except for rounding", () => {
    // 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1: all three agree or all disagree in 2 of 8 patterns.
    expect(randomizationTest([0.1, 0.2, 0.3])).toBe(2 / 8);
    expect(randomizationTest([0.3, 0.1, -0.2, -0.2])).toBe(1);
    const repeated = Array.from({ length: 60 }, (_, index) => [0.1, 0.2, -0.3][index % 3] ?? 0);
    expect(randomizationTest(repeated, { resamples: 200 })).toBe(1);
  });

  test("is 1 if nothing differs", () => {
    expect(randomizationTest([])).toBe(1);
    expect(randomizationTest(Array.from({ length: 40 }, () => 0))).toBe(1);
  });

  test("is the same for swapped systems, and for the same seed; another seed draws anew", () => {
    const many = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 20,
      maxLength: 70,
    });
    fc.assert(
      fc.property(many, fc.nat(), (differences, seed) => {
        const options = { seed, resamples: 100 };
        const swapped = differences.map((value) => -value);
        const found = randomizationTest(Object.freeze(differences), options);
        expect(randomizationTest(swapped, options)).toBe(found);
        expect(randomizationTest(differences, options)).toBe(found);
      }),
    );
    const differences = Array.from({ length: 40 }, (_, index) => Math.sin(index) + 0.2);
    const bySeed = [1, 2, 3, 4, 5].map((seed) => randomizationTest(differences, { seed }));
    expect(new Set(bySeed).size).toBeGreaterThan(1);
    expect(bySeed[0]).toBe(randomizationTest(differences));
  });

  test.each([
    ["exactly", 14],
    ["by resampling", 45],
  ])("rejects 3 % to 7 % of true null hypotheses at the level 0.05, %s", (_, queries) => {
    let rejected = 0;
    for (let seed = 0; seed < 1000; seed += 1) {
      const random = mersenne(seed + 10_000);
      const differences = Array.from({ length: queries }, () => uniformFloat64(random) - 0.5);
      if (randomizationTest(differences, { seed, resamples: 399 }) <= 0.05) rejected += 1;
    }
    expect(rejected / 1000).toBeGreaterThan(0.03);
    expect(rejected / 1000).toBeLessThan(0.07);
  });

  test("refuses differences that are not finite, and options out of range", () => {
    expect(() => randomizationTest([0, Infinity])).toThrow(
      "Expected `differences[1]` to be a finite number, got Infinity.",
    );
    expect(() => randomizationTest([0], { resamples: 0 })).toThrow(
      "Expected `resamples` to be a whole number of at least 1, got 0.",
    );
    expect(() => randomizationTest([0], { seed: -1 })).toThrow(
      "Expected `seed` to be a whole number of at least 0, got -1.",
    );
  });
});
