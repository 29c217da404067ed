import { expect, test } from "vitest";
import { forecastLatency } from "../../../src/evaluation/sweep/forecast-latency.ts";
import { candidate, poolsOf } from "./pools.ts";

const lengths = [400, 800, 4000].map((characters, index) =>
  candidate(`d${index}`, { characters, truncatedTokens: index === 2 ? 500 : 0 }),
);

test("divides the milliseconds of reranking by the cost of each pair's tokens", () => {
  const pools = poolsOf({ q: lengths });
  const cost = { fixedMs: 50, perTokenMs: 1 };
  // 50 + 100, 50 + 200 and 50 + (1000 - 500) of 950, which took 100 ms after 10 ms.
  const all = (count: number | undefined) => forecastLatency(pools, count, cost)[0];
  expect(all(1)).toBeCloseTo(10 + (100 * 150) / 950, 12);
  expect(all(2)).toBeCloseTo(10 + (100 * 400) / 950, 12);
  expect(all(3)).toBe(110);
  expect(all(50)).toBe(110);
  expect(all(undefined)).toBe(10);
});

test("counts each window of a text, with the query and the overlap in each", () => {
  const documents = [
    candidate("a", { characters: 400 }),
    candidate("b", { characters: 1600, windows: 3 }),
    candidate("c", { characters: 8000, windows: 2, truncatedTokens: 1700 }),
  ];
  const scorer = { maxTokens: 200, window: { stride: 32, maxWindows: 3 } };
  const pools = { ...poolsOf({ q: documents }, scorer), queries: new Map([["q", "x".repeat(40)]]) };
  // One of 110 tokens; three of 400 + 3 * 10 + 2 * 32 together; two full ones.
  const [a, b, c] = [1 + 110, 3 + 494, 2 + 400];
  const cost = { fixedMs: 1, perTokenMs: 1 };
  expect(forecastLatency(pools, 1, cost)[0]).toBeCloseTo(10 + (100 * a) / (a + b + c), 12);
  expect(forecastLatency(pools, 2, cost)[0]).toBeCloseTo(10 + (100 * (a + b)) / (a + b + c), 12);
});

test("takes the scorer's own cost and window, else 1 ms and 0.1 ms a token", () => {
  const measured = { cost: { fixedMs: 0, perTokenMs: 1 }, maxTokens: 150 };
  expect(forecastLatency(poolsOf({ q: lengths }, measured), 1)[0]).toBeCloseTo(
    10 + (100 * 100) / 400,
    12,
  );
  expect(forecastLatency(poolsOf({ q: lengths }), 1)[0]).toBeCloseTo(10 + (100 * 11) / 83, 12);
});

test("starts from the time of one passage where it was measured", () => {
  const same = ["a", "b", "c", "d", "e"].map((id) => candidate(id));
  // Of the 100 ms, a call takes 50 ms by itself and 10 ms a passage.
  const pools = poolsOf({ q: same }, { onePassageMs: 60 });
  const each = [1, 2, 3, 4, 5].map((count) => forecastLatency(pools, count)[0]);
  expect(each.map((milliseconds = 0) => Math.round(milliseconds))).toEqual([70, 80, 90, 100, 110]);
  // A measurement that is too long makes no depth take longer than all candidates.
  expect(forecastLatency(poolsOf({ q: same }, { onePassageMs: 500 }), 1)[0]).toBe(110);
});
