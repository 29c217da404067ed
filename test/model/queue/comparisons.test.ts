import { expect, test } from "vitest";
import { RetrievalError } from "../../../src/errors.ts";
import { Comparisons } from "../../../src/model/queue/comparisons.ts";
import type { Comparison } from "../../../src/model/workers/worker-messages.ts";

const comparison: Comparison = {
  width: 1,
  query: Float32Array.of(1),
  passages: { buffer: Float32Array.of(1).buffer },
  ends: Int32Array.of(1),
};
const scores = Float32Array.of(1);
const lost = new RetrievalError("worker-failed", "lost");

test("a comparison on which a worker failed is tried once more", async () => {
  let wakes = 0;
  const comparisons = new Comparisons(() => (wakes += 1));
  const result = comparisons.add(comparison);
  comparisons.next()?.onFailure(lost);
  expect(wakes).toBe(2);
  expect(comparisons.areWaiting).toBe(true);
  comparisons.next()?.onAnswer({ kind: "compared", scores });
  expect(await result).toBe(scores);
  expect(comparisons.areWaiting).toBe(false);
});

test("a second failure, and any other error, is the caller's", async () => {
  const comparisons = new Comparisons(() => undefined);
  const twice = comparisons.add(comparison);
  comparisons.next()?.onFailure(lost);
  comparisons.next()?.onFailure(lost);
  await expect(twice).rejects.toBe(lost);
  const mismatch = new RetrievalError("model-mismatch", "another width");
  const other = comparisons.add(comparison);
  comparisons.next()?.onFailure(mismatch);
  await expect(other).rejects.toBe(mismatch);
});

test("those that wait fail when no worker is left, first come, first served before", async () => {
  const comparisons = new Comparisons(() => undefined);
  const results = [comparisons.add(comparison), comparisons.add(comparison)];
  comparisons.next()?.onAnswer({ kind: "compared", scores });
  comparisons.failAll(lost);
  expect(await results[0]).toBe(scores);
  await expect(results[1]).rejects.toBe(lost);
});
