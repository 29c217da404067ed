import { describe, expect, test } from "vitest";
import { BatchRunner } from "../../../src/model/workers/batch-runner.ts";
import type { ModelSession } from "../../../src/model/workers/session.ts";
import type { RowBatch } from "../../../src/model/workers/worker-messages.ts";

/** Rows of the given lengths; the first token of each is its number. */
function batchOf(...lengths: readonly number[]): RowBatch {
  const ends = Int32Array.from(lengths);
  for (let row = 1; row < ends.length; row++) ends[row] = (ends[row] ?? 0) + (ends[row - 1] ?? 0);
  const total = ends.at(-1) ?? 0;
  const ids = new Int32Array(total);
  for (const [row, length] of lengths.entries()) ids[(ends[row] ?? 0) - length] = row + 1;
  const prompts = new Int32Array(lengths.length);
  return { ids, segments: new Uint8Array(total), ends, prompts, hidden: prompts };
}

/** Gives each row the number of its first token, and fails beyond `tokensThatFit`. */
function deviceOf(tokensThatFit: number, message = "CUDA failure 2: out of memory") {
  const runs: number[][] = [];
  const session: ModelSession = {
    run: async ({ ids, ends }) => {
      const starts = [...ends].map((_end, row) => ends[row - 1] ?? 0);
      const lengths = [...ends].map((end, row) => end - (starts[row] ?? 0));
      runs.push(lengths);
      if (ends.length * Math.max(...lengths) > tokensThatFit) throw new Error(message);
      const values = Float32Array.from(starts, (start) => ids[start] ?? 0);
      return { values, ends: Int32Array.from(values, (_value, row) => row + 1) };
    },
  };
  return { session, runs };
}

describe("a micro-batch", () => {
  test("is one run if rows may run together, and one a row if they may not", async () => {
    const batch = batchOf(4, 2, 3);
    for (const [rowsPerRun, expected] of [
      [64, [[4, 2, 3]]],
      [1, [[4], [2], [3]]],
    ] as const) {
      const { session, runs } = deviceOf(Infinity);
      const { values } = await new BatchRunner(session, rowsPerRun).run(batch);
      expect([...values]).toEqual([1, 2, 3]);
      expect(runs).toEqual(expected);
    }
  });

  test("reports the time of each run, with the padding", async () => {
    const batch = batchOf(4, 2, 3);
    const { timings } = await new BatchRunner(deviceOf(Infinity).session, 64).run(batch);
    expect(timings).toMatchObject([{ rows: 3, tokens: 12 }]);
  });

  test.each([
    "CUDA failure 2: out of memory",
    "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 67108864",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
  ])("is halved if the device says: %s", async (message) => {
    const { session, runs } = deviceOf(20, message);
    const runner = new BatchRunner(session, 64);
    const batch = batchOf(10, 10, 10, 10, 10);
    expect([...(await runner.run(batch)).values]).toEqual([1, 2, 3, 4, 5]);
    const tries = runs.length;
    // How much fitted is remembered: the second time nothing fails.
    expect([...(await runner.run(batch)).values]).toEqual([1, 2, 3, 4, 5]);
    expect(runs.slice(tries).every((lengths) => lengths.length * 10 <= 20)).toBe(true);
  });

  test("fails if a single row does not fit, and with every other error", async () => {
    const batch = batchOf(30);
    await expect(new BatchRunner(deviceOf(20).session, 64).run(batch)).rejects.toThrow(
      "out of memory",
    );
    const broken = deviceOf(0, "device lost");
    const two = batchOf(5, 5);
    await expect(new BatchRunner(broken.session, 64).run(two)).rejects.toThrow("device lost");
    expect(broken.runs).toHaveLength(1);
  });
});
