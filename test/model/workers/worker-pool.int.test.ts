import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  endInferenceWorker,
  startInferenceWorker,
} from "../../../src/model/workers/start-worker.ts";
import { runProgram } from "../../run-program.ts";

const built = join(import.meta.dirname, "../../../dist/cross-encoder/onnx-cross-encoder.js");

/** Runs a script in a process of its own: what is tested here would take this one along. */
function run(script: string): { status: number | null; stdout: string; stderr: string } {
  const whole = `const { OnnxCrossEncoder } = await import(${JSON.stringify(built)});${script}`;
  const words = ["--input-type=module", "-e", whole];
  const { status, stdout, stderr } = runProgram(process.execPath, words, { limitMs: 30_000 });
  return { status, stdout: stdout.trim(), stderr };
}

test("a worker that has ended by itself is not ended again, and no call waits for it", async () => {
  const worker = startInferenceWorker();
  await endInferenceWorker(worker);
  await expect(endInferenceWorker(worker)).resolves.toBe(0);
});

describe("workers", () => {
  // A thread that is stopped inside ONNX Runtime aborts the process: moments from before the first
  // load to after the last run.
  test.each([0, 60, 120, 180, 240, 300, 400, 600])(
    "can be disposed of %d ms into their work, and the process ends by itself",
    (delayMs) => {
      const { status, stdout, stderr } = run(`
        const scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l3", device: "cpu" });
        const texts = Array.from({ length: 150 }, (_, index) => "a deep river " + index);
        const scoring = scorer.score("river", texts).then(({ scores }) => scores.length, ({ code }) => code);
        await new Promise((resolve) => setTimeout(resolve, ${delayMs}));
        await scorer.dispose();
        console.log(await scoring);`);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^(disposed|150)$/);
    },
  );

  test("end with the last of the instances that share a model, and not before", () => {
    const { status, stdout } = run(`
      const options = { model: "rerank-minilm-l3", device: "cpu", workers: 1 };
      const [a, b] = [new OnnxCrossEncoder(options), new OnnxCrossEncoder(options)];
      const { scores: [first] } = await a.score("river", ["deep"]);
      const { scores: [second] } = await b.score("river", ["deep"]);
      const shared = process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
      await a.dispose();
      const { scores: [third] } = await b.score("river", ["deep"]);
      await b.dispose();
      console.log(Number.isFinite(first) && first === second && second === third, shared <= 2);`);
    expect([status, stdout]).toEqual([0, "true true"]);
  });

  test("that are lost are replaced, and their current rows are scored nevertheless", () => {
    const { status, stdout, stderr } = run(`
      const workers = [];
      process.on("worker", (worker) => workers.push(worker));
      const options = { model: "rerank-minilm-l3", device: "cpu", workers: 1, cache: false };
      const scorer = new OnnxCrossEncoder(options);
      const many = Array.from({ length: 100 }, (_, index) => "a deep river " + index);
      const { scores: before } = await scorer.score("river", many);
      const { scores: after } = await scorer.score("river", many, {
        onScored: (index) => {
          if (index !== 20 || workers.length > 1) return;
          workers[0].emit("error", new Error("as a thread that ran out of memory says it"));
          workers[0].postMessage({ kind: "end" }); // A thread that really failed is gone.
        },
      });
      await scorer.dispose();
      console.log(after.every((score, index) => score === before[index]), workers.length);`);
    expect([status, stdout, stderr]).toEqual([0, "true 2", ""]);
  });
});
