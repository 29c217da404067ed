import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectedMilliseconds, fitRowCost, RowCosts } from "../../../src/model/queue/row-cost.ts";

const timingOf = (tokens: number, milliseconds: number, rows = 1) => ({
  rows,
  tokens: tokens * rows,
  milliseconds: milliseconds * rows,
});

describe("fitRowCost", () => {
  test("finds the line that made the times, however many rows ran together", () => {
    const line = fc.record({
      fixed: fc.double({ min: 0.1, max: 5, noNaN: true }),
      slope: fc.double({ min: 0.001, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 16 }), ({ fixed, slope }, rows) => {
        const timings = [8, 16, 40, 100, 128, 300, 500, 512].map((tokens) =>
          timingOf(tokens, fixed + slope * tokens, rows),
        );
        const cost = fitRowCost(timings);
        expect(cost?.fixedMs).toBeCloseTo(fixed, 6);
        expect(cost?.perTokenMs).toBeCloseTo(slope, 6);
        expect(cost?.rows).toBe(8 * rows);
      }),
    );
  });

  test("goes through the origin if all rows have one length, or a line would start below it", () => {
    const level = fitRowCost(Array.from({ length: 10 }, () => timingOf(100, 7)));
    expect(level).toMatchObject({ fixedMs: 0, rows: 10 });
    expect(level?.perTokenMs).toBeCloseTo(0.07);
    const steep = [10, 20, 30, 40, 50, 60, 70, 80].map((tokens) => timingOf(tokens, tokens ** 2));
    expect(fitRowCost(steep)).toMatchObject({ fixedMs: 0 });
  });

  test("says nothing from fewer than 8 rows", () => {
    expect(fitRowCost(Array.from({ length: 7 }, () => timingOf(100, 7)))).toBeUndefined();
  });
});

test("RowCosts goes by the latest runs", () => {
  const costs = new RowCosts();
  for (const milliseconds of [50, 10]) {
    const timings = Array.from({ length: 1000 }, () => timingOf(100, milliseconds));
    costs.add(timings, { isLoading: false });
  }
  costs.add([timingOf(100, 5000)], { isLoading: true });
  expect(costs.fit()?.perTokenMs).toBeCloseTo(0.1);
  expect(costs.fit()?.rows).toBe(1000);
  expect(costs.totals).toEqual({ texts: 2001, tokens: 200_100 });
});

describe("expectedMilliseconds", () => {
  const speed = { cost: { fixedMs: 2, perTokenMs: 0.1 }, workers: 2 };

  test("splits a call's cost among workers, as far as there are pairs for them", () => {
    expect(expectedMilliseconds(speed, { pairs: 50, tokens: 130 })).toBeCloseTo(375);
    expect(expectedMilliseconds(speed, { pairs: 1, tokens: 130 })).toBeCloseTo(15);
    expect(expectedMilliseconds(speed, { pairs: 0, tokens: 130 })).toBe(0);
  });

  test("forecasts what the cost was fitted to", () => {
    const timings = [20, 40, 80, 160, 320].flatMap((tokens) => [
      timingOf(tokens, 3 + 0.2 * tokens),
      timingOf(tokens, 3 + 0.2 * tokens),
    ]);
    const fitted = { cost: fitRowCost(timings), workers: 1 };
    expect(expectedMilliseconds(fitted, { pairs: 10, tokens: 124 })).toBeCloseTo(278, 6);
    expect(timings.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeCloseTo(278, 6);
  });

  test.each([
    [{ cost: undefined, workers: 2 }, "got none"],
    [Promise.resolve(speed), "got a Promise; await it first"],
    [undefined, "got undefined"],
    [speed.cost, "got an object"],
    [{ cost: {}, workers: 2 }, "got an object"],
    [{ cost: { fixedMs: 1, perTokenMs: Number.NaN }, workers: 2 }, "got an object"],
    [{ ...speed, workers: 0 }, "got an object"],
    [{ ...speed, workers: Number.NaN }, "got an object"],
  ])("refuses %o, whose cost is not known", (unknown, got) => {
    expect(() =>
      Reflect.apply(expectedMilliseconds, undefined, [unknown, { pairs: 1, tokens: 1 }]),
    ).toThrow(
      `Expected the result of info() with a measured \`cost\`, ${got}: score more texts first, at least 8 after all workers have loaded, and await info().`,
    );
  });
});
