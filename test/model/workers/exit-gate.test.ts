import { afterEach, expect, test, vi } from "vitest";
import { OnnxCrossEncoder } from "../../../src/cross-encoder/onnx-cross-encoder.ts";
import { throughExitGate } from "../../../src/model/workers/exit-gate.ts";
import {
  endInferenceWorker,
  startInferenceWorker,
} from "../../../src/model/workers/start-worker.ts";

const listenersBefore = process.listenerCount("exit");
const ourListeners = (): number => process.listenerCount("exit") - listenersBefore;
afterEach(() => {
  vi.restoreAllMocks();
});

test("any number of workers share one listener of the process, which goes with the last", async () => {
  const workers = Array.from({ length: 12 }, startInferenceWorker);
  expect(ourListeners()).toBe(1);
  await Promise.all(workers.slice(1).map(endInferenceWorker));
  expect(ourListeners()).toBe(1);
  await endInferenceWorker(workers[0] ?? startInferenceWorker());
  expect(ourListeners()).toBe(0);
});

function own(): void {
  // A listener of the program.
}

test("the listener stands before the program's own, which may throw or exit", async () => {
  process.on("exit", own);
  const worker = startInferenceWorker();
  expect(process.listeners("exit").indexOf(own)).toBeGreaterThan(0);
  await endInferenceWorker(worker);
  process.off("exit", own);
});

test("a process that goes on after an `exit` event scores on in fresh workers", async () => {
  const options = { model: "rerank-minilm-l3", device: "cpu", workers: 1, cache: false } as const;
  await using scorer = new OnnxCrossEncoder(options);
  const texts = Array.from({ length: 40 }, (_, index) => `a deep river ${index}`);
  const before = await scorer.score("river", texts);
  const [closeGates] = process.listeners("exit");
  closeGates?.(0);
  expect(await scorer.score("river", texts)).toEqual(before);
});

test("a thread without a gate runs its call and gives its result", async () => {
  await expect(throughExitGate(async () => 7)).resolves.toBe(7);
});
