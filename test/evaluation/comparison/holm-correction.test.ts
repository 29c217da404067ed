import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adjustByHolm } from "../../../src/evaluation/comparison/holm-correction.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** The procedure as Holm states it: from the smallest p value up, until one is too large for its turn. */
function rejectedStepDown(pValues: readonly number[], level: number): boolean[] {
  const rejected = pValues.map(() => false);
  const open = new Set(pValues.keys());
  while (open.size > 0) {
    const [least = 0] = [...open].toSorted((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));
    if ((pValues[least] ?? 0) * open.size > level) break;
    rejected[least] = true;
    open.delete(least);
  }
  return rejected;
}

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe("adjustByHolm", () => {
  test("multiplies by how many are left, and never falls", () => {
    const adjusted = adjustByHolm(deepFreeze([0.03, 0.01, 0.04, 0.005]));
    expect(adjusted.map((value) => value.toFixed(3))).toEqual(["0.060", "0.030", "0.060", "0.020"]);
  });

  test("is at most 1, keeps a single p value, and takes an empty list", () => {
    expect(adjustByHolm([0.6, 0.9])).toEqual([1, 1]);
    expect(adjustByHolm([0.04])).toEqual([0.04]);
    expect(adjustByHolm([])).toEqual([]);
  });

  test("rejects at any level what the step-down procedure rejects", () => {
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (given, level) => {
        const adjusted = adjustByHolm(given);
        expect(adjusted.map((value) => value <= level)).toEqual(rejectedStepDown(given, level));
      }),
      { numRuns: 500 },
    );
  });

  test("lowers no p value and keeps their order", () => {
    fc.assert(
      fc.property(pValues, (given) => {
        const adjusted = adjustByHolm(given);
        for (const [index, value] of adjusted.entries()) {
          expect(value).toBeGreaterThanOrEqual(given[index] ?? 0);
          expect(value).toBeLessThanOrEqual(1);
        }
        const bySize = [...given.keys()].toSorted((a, b) => (given[a] ?? 0) - (given[b] ?? 0));
        const climbing = bySize.map((index) => adjusted[index]);
        expect(climbing).toEqual(adjusted.toSorted((a, b) => a - b));
      }),
    );
  });

  test("refuses what is not a p value", () => {
    for (const wrong of [-0.1, 1.1, Number.NaN]) {
      expect(() => adjustByHolm([0.5, wrong])).toThrow(
        `Expected \`pValues[1]\` to be a number from 0 to 1, got ${wrong}.`,
      );
    }
  });
});
