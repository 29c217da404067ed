import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { OnnxCrossEncoder } from "../../../src/cross-encoder/onnx-cross-encoder.ts";
import { throughExitGate } from "../../../src/model/workers/exit-gate.ts";
import {
  endInferenceWorker,
  startInferenceWorker,
} from "../../../src/model/workers/start-worker.ts";
import { runProgram } from "../../run-program.ts";

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

test("a process that continues after an `exit` event scores in new workers", async () => {
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

test("two copies of the package score in one process, which ends with code 0", async () => {
  const copy = await mkdtemp(join(tmpdir(), "copy-"));
  await cp("dist", join(copy, "dist"), { recursive: true });
  for (const name of ["node_modules", "models", "package.json"]) {
    await symlink(resolve(name), join(copy, name));
  }
  const urls = [resolve("dist"), join(copy, "dist")].map(
    (folder) => pathToFileURL(join(folder, "index.js")).href,
  );
  const program = `
    const options = { model: "rerank-minilm-l3", device: "cpu", workers: 1 };
    for (const url of ${JSON.stringify(urls)}) {
      const { OnnxCrossEncoder } = await import(url);
      const { scores } = await new OnnxCrossEncoder(options).score("river", ["a deep river"]);
      console.log(scores.length);
    }`;
  const ended = runProgram(process.execPath, ["--input-type=module", "--eval", program], {
    limitMs: 60_000,
  });
  await rm(copy, { recursive: true });
  expect(ended).toMatchObject({ status: 0, stdout: "1\n1\n", stderr: "" });
});
