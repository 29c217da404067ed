import type { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  OnnxCrossEncoder,
  type OnnxPairScores,
} from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { tinyModel } from "../fixtures/golden.ts";

const queries = ["old river", "a deep city by the long water", ""];
const words = ["river", "deep", "long", "city", "bridge", "water", "old", "stone"];
/** Texts of 0 to 90 words, some of one length. */
const texts = Array.from({ length: 40 }, (_, index) =>
  Array.from({ length: (index * 7) % 91 }, (_word, place) => words[(index + place * 3) % 8]).join(
    " ",
  ),
);

const nothing: Pick<OnnxPairScores, "scores" | "unscored"> = {
  scores: new Float32Array(),
  unscored: new Map(),
};

/** One caller: what it asks, and how it behaves. */
const caller = fc.record({
  query: fc.integer({ min: 0, max: queries.length - 1 }),
  texts: fc.array(fc.integer({ min: 0, max: texts.length - 1 }), { minLength: 1, maxLength: 30 }),
  isCached: fc.boolean(),
  delayMs: fc.integer({ min: 0, max: 15 }),
  behaviour: fc.oneof(
    { weight: 4, arbitrary: fc.constant("patient" as const) },
    { weight: 1, arbitrary: fc.constant("aborts" as const) },
    { weight: 1, arbitrary: fc.constant("hurries" as const) },
    { weight: 1, arbitrary: fc.constant("kills a worker" as const) },
  ),
});

describe.each([
  ["int8", 0],
  ["fp32", 1e-4],
] as const)("an %s score", (dtype, allowed) => {
  const options = {
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
    dtype,
    workers: 2,
  } as const;
  const cached = new OnnxCrossEncoder(options);
  const uncached = new OnnxCrossEncoder({ ...options, cache: false });
  /** The plain path: each pair by itself, one after the other. */
  const plain: number[][] = [];
  const alive = new Set<Worker>();
  const remember = (worker: Worker): void => {
    alive.add(worker);
    worker.on("exit", () => alive.delete(worker));
  };

  beforeAll(async () => {
    process.on("worker", remember);
    await using alone = new OnnxCrossEncoder({ ...options, cache: false, workers: 1 });
    for (const query of queries) {
      const scores: number[] = [];
      for (const text of texts) scores.push(...(await alone.score(query, [text])).scores);
      plain.push(scores);
    }
  });
  afterAll(async () => {
    process.off("worker", remember);
    await cached.dispose();
    await uncached.dispose();
  });

  /** As a thread that ran out of memory says it; one that really failed is gone. */
  function killOne(): void {
    const [worker] = alive;
    if (!worker) return;
    alive.delete(worker);
    worker.emit("error", new Error("lost"));
    worker.postMessage({ kind: "end" });
  }

  test("equals that of a single call, even if other calls run, abort, have deadlines or lose a worker", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 8 }), async (callers) => {
        // A row that loses two workers fails, so one is lost at a time.
        let kills = 1;
        await Promise.all(
          callers.map(async ({ query, texts: places, isCached, delayMs, behaviour }) => {
            await new Promise((resolve) => setTimeout(resolve, delayMs));
            const controller = new AbortController();
            const asked = places.map((place) => texts[place] ?? "");
            const { scores, unscored } = await (isCached ? cached : uncached)
              .score(queries[query] ?? "", asked, {
                signal: controller.signal,
                deadlineMs: behaviour === "hurries" ? delayMs : undefined,
                onScored: () => {
                  if (behaviour === "aborts") controller.abort("enough");
                  if (behaviour === "kills a worker" && kills-- > 0) killOne();
                },
              })
              .catch((error: unknown) => {
                if (error === "enough" && behaviour === "aborts") return nothing;
                throw error;
              });
            for (const [index, score] of scores.entries()) {
              const right = plain[query]?.[places[index] ?? -1] ?? Number.NaN;
              const isLeftOut = Number.isNaN(score) && behaviour === "hurries";
              expect(isLeftOut || Math.abs(score - right) <= allowed).toBe(true);
              expect(unscored.get(index)).toBe(isLeftOut ? "deadline" : undefined);
            }
          }),
        );
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

test("identical texts in one call and identical calls in flight are scored once", async () => {
  const options = { model: tinyModel("tiny-bert-reranker"), device: "cpu", workers: 1 } as const;
  await using scorer = new OnnxCrossEncoder(options);
  await scorer.score("warm up", texts);
  const runs = async (): Promise<number> => (await scorer.info()).cost?.rows ?? 0;
  const before = await runs();
  const twice = texts.concat(texts);
  const [first, second] = await Promise.all([
    scorer.score("river", twice),
    scorer.score("river", twice),
  ]);
  expect(first).toEqual(second);
  expect((await runs()) - before).toBe(new Set(texts).size);
  await scorer.score("river", texts.toReversed());
  expect((await runs()) - before).toBe(new Set(texts).size);
});

test("one of two identical calls may abort: the other gets every score", async () => {
  const options = { model: tinyModel("tiny-bert-reranker"), device: "cpu", workers: 1 } as const;
  await using scorer = new OnnxCrossEncoder(options);
  const expected = await scorer.score("old river", texts);
  await using again = new OnnxCrossEncoder({ ...options, threads: 1 });
  const controller = new AbortController();
  const aborted = again.score("old river", texts, {
    signal: controller.signal,
    onScored: () => controller.abort("enough"),
  });
  const seen: number[] = [];
  const other = again.score("old river", texts, { onScored: (index) => seen.push(index) });
  await expect(aborted).rejects.toBe("enough");
  expect(await other).toEqual(expected);
  expect(seen.toSorted((a, b) => a - b)).toEqual([...texts.keys()]);
});
