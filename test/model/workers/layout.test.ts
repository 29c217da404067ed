import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { chooseLayout } from "../../../src/model/workers/layout.ts";

const cores = availableParallelism();
const small = { provider: "cpu", modelBytes: 1 } as const;

test("gives every core a worker of one thread if the weights are small", () => {
  expect(chooseLayout(small)).toEqual({ workers: cores, threads: 1 });
});

test("gives one worker all cores if a second copy of the weights would not fit", () => {
  expect(chooseLayout({ provider: "cpu", modelBytes: 1e15 })).toEqual({
    workers: 1,
    threads: cores,
  });
});

test("feeds a GPU by one worker", () => {
  expect(chooseLayout({ provider: "cuda", modelBytes: 1 }).workers).toBe(1);
});

test("uses the given numbers", () => {
  expect(chooseLayout({ ...small, workers: 3, threads: 2 })).toEqual({ workers: 3, threads: 2 });
  expect(chooseLayout({ ...small, threads: cores })).toEqual({ workers: 1, threads: cores });
});
