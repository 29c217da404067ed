import * as fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { describe, expect, test } from "vitest";
import { bootstrapInterval } from "../../../src/evaluation/comparison/bootstrap-interval.ts";

const values = fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 1, maxLength: 40 });

describe("bootstrapInterval", () => {
  test("has width 0 if all values are equal", () => {
    expect(bootstrapInterval(Array.from({ length: 30 }, () => 0))).toEqual({ low: 0, high: 0 });
    expect(bootstrapInterval([0.25])).toEqual({ low: 0.25, high: 0.25 });
  });

  test("lies between the least and the largest value, and moves with them", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -9, max: 9 }), (drawn, shift) => {
        const options = { resamples: 60 };
        const { low, high } = bootstrapInterval(Object.freeze(drawn), options);
        expect(low).toBeGreaterThanOrEqual(Math.min(...drawn));
        expect(high).toBeLessThanOrEqual(Math.max(...drawn));
        expect(low).toBeLessThanOrEqual(high);
        const moved = bootstrapInterval(
          drawn.map((value) => value + shift),
          options,
        );
        expect(moved.low).toBeCloseTo(low + shift, 9);
        expect(moved.high).toBeCloseTo(high + shift, 9);
      }),
    );
  });

  test("is mirrored for negated values", () => {
    fc.assert(
      fc.property(values, (drawn) => {
        const { low, high } = bootstrapInterval(drawn, { resamples: 75 });
        const negated = drawn.map((value) => -value);
        const mirrored = bootstrapInterval(negated, { resamples: 75 });
        expect(mirrored.low).toBeCloseTo(-high, 9);
        expect(mirrored.high).toBeCloseTo(-low, 9);
      }),
    );
  });

  test("is the same for the same seed, and wider for a lower level", () => {
    const drawn = Array.from({ length: 50 }, (_, index) => Math.sin(index));
    const found = bootstrapInterval(drawn, { seed: 5 });
    expect(bootstrapInterval(drawn, { seed: 5 })).toEqual(found);
    expect(bootstrapInterval(drawn, { seed: 6 })).not.toEqual(found);
    const wider = bootstrapInterval(drawn, { seed: 5, level: 0.01 });
    expect(wider.low).toBeLessThan(found.low);
    expect(wider.high).toBeGreaterThan(found.high);
  });

  test("covers the true mean about as often as it says", () => {
    let covered = 0;
    for (let seed = 0; seed < 400; seed += 1) {
      const random = mersenne(seed + 10_000);
      const drawn = Array.from({ length: 120 }, () => uniformFloat64(random) ** 2);
      const { low, high } = bootstrapInterval(drawn, { seed, resamples: 400 });
      if (low <= 1 / 3 && 1 / 3 <= high) covered += 1;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.98);
  });

  test("refuses no values, and a level out of range", () => {
    expect(() => bootstrapInterval([])).toThrow("Expected at least one value, got none.");
    expect(() => bootstrapInterval([Number.NaN])).toThrow(
      "Expected `values[0]` to be a finite number, got NaN.",
    );
    expect(() => bootstrapInterval([1], { level: 95 })).toThrow(
      "Expected `level` to be a number from 0.001 to 0.5, got 95.",
    );
  });
});
