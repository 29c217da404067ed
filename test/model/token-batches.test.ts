import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutByTokens } from "../../src/model/token-batches.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 80 });

describe("cutByTokens", () => {
  test("puts every row into one batch, within budget and number of rows", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 16 }), (rows, maxRows) => {
        const batches = cutByTokens(rows, { budget: 1024, maxRows });
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual([...rows.keys()]);
        for (const batch of batches) {
          const longest = Math.max(...batch.map((index) => rows[index] ?? 0));
          expect(batch.length).toBeLessThanOrEqual(maxRows);
          expect(batch.length === 1 || batch.length * longest <= 1024).toBe(true);
        }
      }),
    );
  });

  test("brings rows of similar length together, equal ones in the caller's order", () => {
    const batches = cutByTokens([300, 10, 10, 290], { budget: 600, maxRows: 64 });
    expect(batches).toEqual([
      [1, 2],
      [3, 0],
    ]);
  });

  test("keeps the caller's order where every row goes alone", () => {
    expect(cutByTokens([30, 10, 20], { budget: 1024, maxRows: 1 })).toEqual([[0], [1], [2]]);
  });

  test("gives no batch for no rows", () => {
    expect(cutByTokens([], { budget: 1024, maxRows: 4 })).toEqual([]);
  });
});
