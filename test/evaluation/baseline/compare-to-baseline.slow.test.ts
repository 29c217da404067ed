import { describe, expect, test } from "vitest";
import { baselineOf } from "../../../src/evaluation/baseline/baseline.ts";
import { compareToBaseline } from "../../../src/evaluation/baseline/compare-to-baseline.ts";
import { Draws, resultOf } from "./results.ts";

type Values = Readonly<Record<string, readonly number[]>>;

/** Compares simulated reruns; with fewer resamples than usual, each simulation has its own seed. */
function shareOfWorse(
  runs: number,
  simulate: (draws: Draws) => readonly [Values, Values],
): { readonly share: number; readonly detectableDrop: number } {
  const draws = new Draws(1);
  let [worse, detectable] = [0, 0];
  for (let seed = 1; seed <= runs; seed += 1) {
    const [before, after] = simulate(draws);
    const comparison = compareToBaseline(
      baselineOf(resultOf({ systems: before }), {}),
      resultOf({ systems: after }),
      { resamples: 400, seed },
    );
    if (comparison.isWorse) worse += 1;
    detectable += comparison.systems[0]?.detectableDrop ?? 0;
  }
  return { share: worse / runs, detectableDrop: detectable / runs };
}

/** A fifth of the questions change by chance: each value comes from the distribution of all. */
function rerun(draws: Draws, count: number): readonly [before: number[], after: number[]] {
  const before = draws.values(count);
  return [before, before.map((value) => (draws.happens(0.2) ? draws.value() : value))];
}

/** One question in ten changes by chance, and so many lose their answer that the mean falls by `drop`. */
function fall(draws: Draws, drop: number): readonly [before: number[], after: number[]] {
  const before = draws.values(170);
  const after = before
    .map((value) => (draws.happens(0.1) ? draws.value() : value))
    .map((value) => (draws.happens(drop / draws.mean) ? 0 : value));
  return [before, after];
}

/** Plants a drop in 400 pairs of results. */
function planted(drop: number): ReturnType<typeof shareOfWorse> {
  return shareOfWorse(400, (draws) => {
    const [before, after] = fall(draws, drop);
    return [{ rerank: before }, { rerank: after }];
  });
}

describe("on simulated reruns of 170 questions", () => {
  test("fails at most 7 % of 1,000 that differ by chance alone", () => {
    const { share } = shareOfWorse(1000, (draws) => {
      const [before, after] = rerun(draws, 170);
      return [{ rerank: before }, { rerank: after }];
    });
    expect(share).toBeLessThanOrEqual(0.07);
    // Two-sided at 0.05: half of the false alarms are rises, which pass.
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.04);
  }, 120_000);

  test("fails at most 7 % of those with three systems", () => {
    const { share } = shareOfWorse(300, (draws) => {
      const pairs = ["dense", "bm25", "rerank"].map((name) => [name, rerun(draws, 170)] as const);
      return [
        Object.fromEntries(pairs.map(([name, [before]]) => [name, before])),
        Object.fromEntries(pairs.map(([name, [, after]]) => [name, after])),
      ];
    });
    expect(share).toBeLessThanOrEqual(0.07);
  }, 120_000);

  test("catches a drop of 0.05 in more than 60 %, and one as large as `detectableDrop` in 80 %", () => {
    const five = planted(0.05);
    expect(five.share).toBeGreaterThan(0.6);
    expect(five.share).toBeLessThan(0.8);
    expect(five.detectableDrop).toBeGreaterThan(0.05);
    const six = planted(0.06);
    expect(six.detectableDrop).toBeCloseTo(0.06, 2);
    expect(six.share).toBeGreaterThan(0.75);
    expect(six.share).toBeLessThan(0.87);
  }, 120_000);
});
