import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { RetrievalError } from "../../../src/errors.ts";
import { Scheduler, type SchedulerOptions } from "../../../src/model/queue/scheduler.ts";
import type { Work } from "../../../src/model/queue/scheduled-call.ts";
import { TokenCache } from "../../../src/model/tokens/token-cache.ts";
import type { RunTiming, WorkerModel } from "../../../src/model/workers/worker-messages.ts";
import { tinyModel } from "../../fixtures/golden.ts";

const script = join(import.meta.dirname, "../workers/fake-worker.mjs");
/** In the tokenizer of the tiny models every letter of these words is a token of its own or the word is one. */
const tokenizerPath = join(tinyModel("tiny-bert-reranker"), "tokenizer.json");

interface FakeModel {
  readonly millisecondsPerRun?: number;
  readonly tokensThatFit?: number;
  readonly exitAt?: number;
  readonly throwAt?: number;
  readonly refuseAt?: number;
  readonly fails?: string;
  readonly exitsAtLoad?: boolean;
}

const open: Scheduler[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((scheduler) => scheduler.dispose()));
});

interface Fake {
  readonly scheduler: Scheduler;
  readonly timings: RunTiming[];
  /** How many workers were started. */
  started: number;
}

/** A scheduler over workers whose model is made of rules; see `fake-worker.mjs`. */
function fakeScheduler(
  model: FakeModel,
  {
    accidents = 1,
    rowsPerRun = 1,
    provider = "cpu",
    ...options
  }: Partial<SchedulerOptions & WorkerModel & { readonly accidents: number }> = {},
): Fake {
  const left = new Int32Array(new SharedArrayBuffer(4)).fill(accidents);
  const timings: RunTiming[] = [];
  const scheduler = new Scheduler({
    model: {
      graphPath: JSON.stringify(model),
      tokenizerPath,
      provider,
      deviceId: undefined,
      threads: 1,
      widensInt8: false,
      padToken: 0,
      rowsPerRun,
      head: { kind: "score", output: "logits", modules: [] },
    },
    workers: 2,
    tokenBudget: 64,
    maxWaiting: 1000,
    onTimings: (some) => timings.push(...some),
    startWorker: () => {
      fake.started += 1;
      return new Worker(script, { workerData: { accidents: left } });
    },
    ...options,
  });
  open.push(scheduler);
  const fake: Fake = { scheduler, timings, started: 0 };
  return fake;
}

/** Runs texts of which each is packed as its number and as many ones as asked for; gives the sums. */
async function sums(
  scheduler: Scheduler,
  lengths: readonly number[],
  { first = 1000, ...work }: Partial<Work> & { first?: number } = {},
): Promise<{ values: number[]; failed: number[]; order: number[] }> {
  const values = lengths.map(() => Number.NaN);
  const failed: number[] = [];
  const order: number[] = [];
  let next = 0;
  await scheduler.run({
    texts: lengths.map((_length, index) => `text ${index}`),
    pack: () => {
      const index = next++;
      const ids = new Int32Array(lengths[index] ?? 1).fill(1);
      ids[0] = first + index;
      const segments = new Uint8Array(ids.length);
      return { ids, segments, truncatedTokens: 0, promptTokens: 0, hiddenTokens: 0 };
    },
    onRow: (index, [value = Number.NaN]) => {
      values[index] = value;
      order.push(index);
    },
    onFailure: (index) => failed.push(index),
    ...work,
  });
  return { values, failed, order };
}

const expected = (lengths: readonly number[], first = 1000): number[] =>
  lengths.map((length, index) => first + index + length - 1);
const lengths = Array.from({ length: 40 }, (_, index) => 1 + ((index * 7) % 30));

describe("the scheduler", () => {
  test.each([1, 64])("gives each text its row, %i rows a run", async (rowsPerRun) => {
    const { scheduler } = fakeScheduler({}, { rowsPerRun });
    expect((await sums(scheduler, lengths)).values).toEqual(expected(lengths));
    expect((await sums(scheduler, [])).values).toEqual([]);
  });

  test("keeps the caller's order if rows run one by one in one worker", async () => {
    const { scheduler } = fakeScheduler({}, { workers: 1 });
    expect((await sums(scheduler, lengths)).order).toEqual([...lengths.keys()]);
  });

  test("runs rows of several calls together if the graph may", async () => {
    const { scheduler, timings } = fakeScheduler(
      { millisecondsPerRun: 2 },
      { rowsPerRun: 64, workers: 1 },
    );
    await Promise.all(Array.from({ length: 8 }, () => sums(scheduler, [5])));
    expect(timings.some(({ rows }) => rows > 1)).toBe(true);
  });

  test("lets a small call that comes last pass the large ones before it", async () => {
    const { scheduler } = fakeScheduler({ millisecondsPerRun: 1 });
    let done = 0;
    const large = Array.from({ length: 8 }, () =>
      sums(scheduler, lengths, { onRow: () => (done += 1) }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = done;
    await sums(scheduler, [5, 5, 5]);
    // Its three rows and as many of each other call, and what was under way.
    expect(done - before).toBeLessThan(80);
    await Promise.all(large);
    expect(done).toBe(8 * lengths.length);
  });

  test("lets calls of one size end together, however they came", async () => {
    const { scheduler } = fakeScheduler({ millisecondsPerRun: 1 });
    let done = 0;
    const doneAtEnd = await Promise.all(
      Array.from({ length: 8 }, () =>
        sums(
          scheduler,
          Array.from({ length: 30 }, () => 8),
          { onRow: () => (done += 1) },
        ).then(() => done),
      ),
    );
    expect(Math.min(...doneAtEnd)).toBeGreaterThan(0.7 * 8 * 30);
  });

  test("removes an aborted call from the queue and does not affect the others", async () => {
    const { scheduler, timings } = fakeScheduler({ millisecondsPerRun: 5 }, { workers: 1 });
    const controller = new AbortController();
    let rows = 0;
    const aborted = sums(
      scheduler,
      Array.from({ length: 200 }, () => 20),
      {
        signal: controller.signal,
        onRow: () => {
          rows += 1;
          if (rows === 3) controller.abort();
        },
      },
    );
    const other = sums(scheduler, lengths);
    await aborted;
    expect(rows).toBe(3);
    expect((await other).values).toEqual(expected(lengths));
    // Its three, and what ran while the third was told: not the 197 that were left.
    expect(timings.reduce((sum, each) => sum + each.rows, 0)).toBeLessThan(lengths.length + 12);
  });

  test("does nothing for a call that was aborted before", async () => {
    const { scheduler, timings } = fakeScheduler({});
    await sums(scheduler, lengths, { signal: AbortSignal.abort() });
    expect(timings).toEqual([]);
  });

  test("refuses a call when too much waits, and takes it again afterwards", async () => {
    const { scheduler } = fakeScheduler({ millisecondsPerRun: 1 }, { maxWaiting: 70 });
    const first = sums(scheduler, lengths);
    const second = sums(scheduler, lengths.slice(0, 30));
    await expect(sums(scheduler, [1])).rejects.toMatchObject({ code: "overloaded" });
    const long = Array.from({ length: 500 }, () => 3);
    const waiting = lengths.length + 30;
    await expect(sums(scheduler, long)).rejects.toMatchObject({
      message: `Expected at most 70 texts to wait at once (\`maxWaiting\`), got 64 of this call in addition to ${waiting} that are waiting; a call counts for at most 64 texts. Try again later, or raise \`maxWaiting\`.`,
    });
    await Promise.all([first, second]);
    expect((await sums(scheduler, [1])).values).toEqual([1000]);
  });

  test("counts a long call for 64, and takes any call when none waits", async () => {
    const { scheduler } = fakeScheduler({}, { maxWaiting: 70 });
    const long = sums(
      scheduler,
      Array.from({ length: 500 }, () => 3),
    );
    expect((await sums(scheduler, [1, 1])).values).toEqual([1000, 1001]);
    await long;
  });

  test("takes a call of more texts than may wait, since it would never be taken otherwise", async () => {
    const { scheduler } = fakeScheduler({}, { maxWaiting: 2 });
    const alone = sums(scheduler, lengths);
    await expect(sums(scheduler, [1])).rejects.toMatchObject({ code: "overloaded" });
    expect((await alone).values).toHaveLength(lengths.length);
  });

  test("tokenises a text once for calls that share a cache", async () => {
    const { scheduler } = fakeScheduler({});
    const tokenCache = new TokenCache();
    const seen: Int32Array[] = [];
    const pack: Work["pack"] = (ids) => {
      seen.push(ids);
      return {
        ids: Int32Array.of(1),
        segments: new Uint8Array(1),
        truncatedTokens: 0,
        promptTokens: 0,
        hiddenTokens: 0,
      };
    };
    const texts = ["a deep river", "the old bridge", "a deep river"];
    await sums(scheduler, [1, 1, 1], { texts, pack, tokenCache });
    await sums(scheduler, [1, 1, 1], { texts, pack, tokenCache });
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    expect(seen[3]).toBe(tokenCache.get("a deep river"));
  });
});

describe("a text that is cut into windows", () => {
  const text = Array.from({ length: 7 }, () => "river").join(" ");
  /** Runs a short, a long and a blank text; every row is one token: 1000 and its number. */
  async function windowsOf(fake: Fake): Promise<string[]> {
    const rows: string[] = [];
    let next = 1000;
    await fake.scheduler.run({
      query: "old river",
      texts: ["river", text, "  "],
      cut: (queryTokens) => ({ room: queryTokens - 1, stride: 1, maxWindows: 2 }),
      pack: (ids) => ({
        ids: Int32Array.of(next++),
        segments: new Uint8Array(1),
        promptTokens: 0,
        truncatedTokens: ids.length,
        hiddenTokens: 0,
      }),
      onRow: (index, [value = 0], { truncatedTokens: tokens }, row) => {
        const { start, end } = row?.window ?? { start: "-", end: "-" };
        rows.push([index, value, tokens, start, end, row?.lostTokens ?? 0].join(" "));
      },
      onFailure: (index) => rows.push(`${index} failed`),
    });
    return rows.toSorted((a, b) => a.localeCompare(b));
  }
  const expectedRows = [
    "0 1000 1 - - 0",
    "1 1001 3 0 17 2", // "river river river", the third again in the next.
    "1 1002 3 12 29 2",
    "2 1003 0 - - 0",
  ];

  test("becomes a row for each of them, whether the query's tokens were known or not", async () => {
    const fake = fakeScheduler({}, { workers: 1 });
    expect(await windowsOf(fake)).toEqual(expectedRows);
  });

  test("is tried again window by window, and fails by the window", async () => {
    expect(await windowsOf(fakeScheduler({ exitAt: 1002 }))).toEqual(expectedRows);
    const failed = await windowsOf(fakeScheduler({ throwAt: 1002 }, { accidents: 2 }));
    expect(failed).toEqual(expectedRows.with(2, "1 failed"));
  });
});

describe.each(["exitAt", "throwAt"] as const)(
  "a worker whose row makes it fail (%s)",
  (accident) => {
    test.each([1, 64])("is replaced and the row retried, %i rows a run", async (rowsPerRun) => {
      const fake = fakeScheduler({ [accident]: 1007 }, { rowsPerRun });
      expect(await sums(fake.scheduler, lengths)).toMatchObject({
        values: expected(lengths),
        failed: [],
      });
      expect(fake.started).toBeGreaterThanOrEqual(2);
    });

    test.each([1, 64])(
      "fails only that row if it fails again, %i rows a run",
      async (rowsPerRun) => {
        const { scheduler } = fakeScheduler({ [accident]: 1007 }, { rowsPerRun, accidents: 1e6 });
        const other = sums(scheduler, lengths, { first: 5000 });
        const { values, failed } = await sums(scheduler, lengths);
        expect(failed).toEqual([7]);
        expect(values).toEqual(expected(lengths).with(7, Number.NaN));
        expect((await other).values).toEqual(expected(lengths, 5000));
      },
    );

    test("fails the call if no row of it succeeds", async () => {
      const { scheduler } = fakeScheduler({ [accident]: 1000 }, { accidents: 1e6 });
      await expect(sums(scheduler, [4])).rejects.toMatchObject({ code: "worker-failed" });
      expect((await sums(scheduler, [4], { first: 2000 })).values).toEqual([2003]);
    });
  },
);

describe("a model", () => {
  test("that does not fit fails the call at once, with what it says", async () => {
    const fake = fakeScheduler({ refuseAt: 1003 });
    await expect(sums(fake.scheduler, lengths)).rejects.toMatchObject({ code: "model-mismatch" });
    expect((await sums(fake.scheduler, lengths, { first: 5000 })).values).toEqual(
      expected(lengths, 5000),
    );
    expect(fake.started).toBeLessThanOrEqual(2);
  });

  test.each([
    [1, expected(lengths)],
    [2, "worker-failed"],
  ])("that loses %i workers while it loads gets one more", async (losses, outcome) => {
    let started = 0;
    const startWorker = (): Worker => {
      const accidents = new Int32Array(new SharedArrayBuffer(4));
      accidents[0] = started > 0 && started <= losses ? 1 : 0;
      started += 1;
      return new Worker(script, { workerData: { accidents } });
    };
    const workers: Worker[] = [];
    const remember = (worker: Worker): unknown => workers.push(worker);
    process.on("worker", remember);
    const { scheduler } = fakeScheduler({ exitsAtLoad: true }, { workers: 1, startWorker });
    await scheduler.start();
    process.off("worker", remember);
    workers[0]?.emit("error", new Error("lost"));
    workers[0]?.postMessage({ kind: "end" });
    const found = await sums(scheduler, lengths).then(
      ({ values }) => values,
      ({ code }: RetrievalError) => code,
    );
    expect(found).toEqual(outcome);
    expect(started).toBe(3);
  });

  test("that cannot be loaded fails the start, and a call that comes nevertheless", async () => {
    const { scheduler } = fakeScheduler({ fails: "cut off" });
    await expect(scheduler.start()).rejects.toMatchObject({ code: "model-damaged" });
    await expect(sums(scheduler, lengths)).rejects.toMatchObject({ code: "model-damaged" });
  });

  test("whose device has little memory is run in halves, and nothing is lost", async () => {
    const { scheduler, timings } = fakeScheduler(
      { tokensThatFit: 30 },
      { rowsPerRun: 64, tokenBudget: 1024 },
    );
    expect((await sums(scheduler, lengths)).values).toEqual(expected(lengths));
    expect(Math.max(...timings.map(({ tokens }) => tokens))).toBeLessThanOrEqual(30);
  });

  test("on a GPU has its texts tokenised by other workers", async () => {
    const fake = fakeScheduler({}, { workers: 1, rowsPerRun: 64, provider: "cuda" });
    expect((await sums(fake.scheduler, lengths)).values).toEqual(expected(lengths));
    expect(fake.started).toBeGreaterThanOrEqual(2);
  });
});

test("a scheduler that was disposed of fails what waits and what comes", async () => {
  const { scheduler } = fakeScheduler({ millisecondsPerRun: 5 });
  const waiting = sums(scheduler, lengths);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const outcome = waiting.catch((error: unknown) => error);
  await scheduler.dispose();
  expect(await outcome).toMatchObject({ code: "disposed" });
  await expect(sums(scheduler, lengths)).rejects.toMatchObject({ code: "disposed" });
});
