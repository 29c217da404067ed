import { expect, test } from "vitest";
import { Breather, takeAtOnce, type Steps } from "../src/breather.ts";

/** Counts its steps, each of which takes a millisecond. */
function* counted(steps: number): Steps<number> {
  for (let step = 0; step < steps; step += 1) {
    const until = performance.now() + 1;
    while (performance.now() < until);
    yield;
  }
  return steps;
}

test("runs all steps at once, or with pauses in which other work runs", async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  expect(takeAtOnce(counted(20))).toBe(20);
  expect(turns).toBe(0);
  expect(await new Breather().take(counted(200))).toBe(200);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});

test("runs no step after an abort", async () => {
  const controller = new AbortController();
  let taken = 0;
  function* long(): Steps<void> {
    for (let step = 0; step < 20_000_000; step += 1) {
      taken += 1;
      yield;
    }
  }
  setImmediate(() => controller.abort(new Error("enough")));
  await expect(new Breather(controller.signal).take(long())).rejects.toThrow("enough");
  const before = taken;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(taken).toBe(before);
});
