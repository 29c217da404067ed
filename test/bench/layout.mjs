/**
 * Which layout of workers, threads, batches and session options is the fastest on this processor: 100 pairs
 * of one model in every layout in turn, medians over the rounds. Only the inference is measured: the
 * sessions are ONNX Runtime's own, and the token ids are given.
 *
 *     npm run build
 *     node test/bench/layout.mjs [folder of a model with onnx/model.onnx and onnx/model_int8.onnx] [rounds]
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { median } from "./generated-passages.mjs";

const lengths = [42, 138, 266];
const pairs = 100;
const rounds = Number(process.argv[3] ?? 5);

const quiet = { session: { intra_op: { allow_spinning: "0" } } };
/** `threads` of each worker, `rows` of each run, `options` of the session. */
const layouts = [
  {
    name: "int8, 2 x 1 thread, one pair a run (the default)",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: {},
  },
  {
    name: "int8, 1 x 2 threads, one pair a run",
    dtype: "int8",
    workers: 1,
    threads: 2,
    rows: 1,
    options: {},
  },
  {
    name: "int8, 1 x 2 threads, spinning",
    dtype: "int8",
    workers: 1,
    threads: 2,
    rows: 1,
    options: { extra: {} },
  },
  {
    name: "int8, 2 x 1 thread, graph optimisation extended",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: { graphOptimizationLevel: "extended" },
  },
  {
    name: "int8, 2 x 1 thread, graph optimisation basic",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: { graphOptimizationLevel: "basic" },
  },
  {
    name: "int8, 2 x 1 thread, no memory pattern",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: { enableMemPattern: false },
  },
  {
    name: "int8, 2 x 1 thread, no memory arena",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: { enableCpuMemArena: false, enableMemPattern: false },
  },
  {
    name: "int8, 2 x 1 thread, output buffer kept",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 1,
    options: { keepsOutput: true },
  },
  { name: "int8, 3 x 1 thread", dtype: "int8", workers: 3, threads: 1, rows: 1, options: {} },
  {
    name: "int8, 2 x 1 thread, batches of 8 (scores change)",
    dtype: "int8",
    workers: 2,
    threads: 1,
    rows: 8,
    options: {},
  },
  {
    name: "int8, 1 x 2 threads, batches of 32 (scores change)",
    dtype: "int8",
    workers: 1,
    threads: 2,
    rows: 32,
    options: {},
  },
  {
    name: "fp32, 2 x 1 thread, one pair a run",
    dtype: "fp32",
    workers: 2,
    threads: 1,
    rows: 1,
    options: {},
  },
  {
    name: "fp32, 2 x 1 thread, batches of 4",
    dtype: "fp32",
    workers: 2,
    threads: 1,
    rows: 4,
    options: {},
  },
  {
    name: "fp32, 2 x 1 thread, batches of 16",
    dtype: "fp32",
    workers: 2,
    threads: 1,
    rows: 16,
    options: {},
  },
  {
    name: "fp32, 1 x 2 threads, batches of 16",
    dtype: "fp32",
    workers: 1,
    threads: 2,
    rows: 16,
    options: {},
  },
];

async function answerOf(worker, message) {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.postMessage(message);
  });
}

async function measureAll(folder) {
  const files = {
    int8: join(folder, "onnx/model_int8.onnx"),
    fp32: join(folder, "onnx/model.onnx"),
  };
  const times = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const { name, dtype, workers, threads, rows, options } of layouts) {
      if (!existsSync(files[dtype])) continue;
      const pool = Array.from(
        { length: workers },
        () =>
          new Worker(fileURLToPath(import.meta.url), {
            workerData: { path: files[dtype], threads, options },
          }),
      );
      await Promise.all(pool.map((worker) => answerOf(worker, { length: 42, rows, runs: 2 })));
      for (const length of lengths) {
        const startedAt = performance.now();
        const runs = pairs / workers / rows;
        await Promise.all(pool.map((worker) => answerOf(worker, { length, rows, runs })));
        const key = `${name}|${length}`;
        // The first round warms up.
        if (round > 0) times.set(key, [...(times.get(key) ?? []), performance.now() - startedAt]);
      }
      await Promise.all(pool.map((worker) => answerOf(worker, "end")));
    }
  }
  console.log(`| layout | ${lengths.map((length) => `${length} tokens`).join(" | ")} |`);
  console.log(`| --- | ${lengths.map(() => "---:").join(" | ")} |`);
  for (const { name, dtype } of layouts) {
    if (!existsSync(files[dtype])) continue;
    const cells = lengths.map((length) => {
      const own = median(times.get(`${name}|${length}`));
      const ratio = own / median(times.get(`${layouts[0].name}|${length}`));
      return `${own.toFixed(0)} ms (${ratio.toFixed(2)})`;
    });
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

async function serve() {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const { keepsOutput, ...options } = workerData.options;
  const session = await InferenceSession.create(workerData.path, {
    executionProviders: ["cpu"],
    intraOpNumThreads: workerData.threads,
    interOpNumThreads: 1,
    extra: quiet,
    ...options,
  });
  parentPort.on("message", async (message) => {
    if (message === "end") {
      parentPort.postMessage("ended");
      parentPort.close();
      return;
    }
    const { length, rows, runs } = message;
    const output = new Tensor("float32", new Float32Array(rows), [rows, 1]);
    for (let run = 0; run < runs; run++) {
      const tensorOf = (valueAt) =>
        new Tensor(
          "int64",
          BigInt64Array.from({ length: rows * length }, (_, place) => valueAt(place)),
          [rows, length],
        );
      const feeds = {
        input_ids: tensorOf((place) => BigInt(1000 + ((run * 31 + place * 7) % 20_000))),
        attention_mask: tensorOf(() => 1n),
        token_type_ids: tensorOf((place) => (place % length < 10 ? 0n : 1n)),
      };
      await session.run(feeds, keepsOutput ? { logits: output } : ["logits"]);
    }
    parentPort.postMessage("done");
  });
}

if (isMainThread)
  await measureAll(process.argv[2] ?? join(import.meta.dirname, "../../models/rerank-minilm-l6"));
else await serve();
