/**
 * Whether the use of memory, threads and handles stays constant: 100,000 pairs through one scorer, and 1,000
 * scorers one after the other, on the tiny graph of the tests.
 *
 *     npm run build
 *     node --expose-gc test/bench/memory.mjs
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OnnxCrossEncoder } from "../../dist/index.js";
import { passagesOf } from "./generated-passages.mjs";

const options = {
  model: join(import.meta.dirname, "../fixtures/models/tiny-bert-reranker"),
  device: "cpu",
};

function residentMegabytes() {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

function threadsOfProcess() {
  return readdirSync("/proc/self/task").length;
}

async function manyPairs() {
  const scorer = new OnnxCrossEncoder(options);
  let first;
  const startedAt = performance.now();
  for (let done = 0; done < 100_000; done += 500) {
    await scorer.score(`query ${done}`, passagesOf(500, 24, done));
    if (done + 500 === 10_000) first = residentMegabytes();
  }
  const grown = residentMegabytes() - first;
  const seconds = (performance.now() - startedAt) / 1000;
  await scorer.dispose();
  console.log(
    `100,000 pairs in ${seconds.toFixed(0)} s: ${first.toFixed(0)} MB after 10,000, ${grown.toFixed(1)} MB more at the end`,
  );
}

async function manyScorers() {
  let after100;
  let threadsAfter100;
  for (let round = 1; round <= 1000; round++) {
    const scorer = new OnnxCrossEncoder({ ...options, workers: 1 });
    await scorer.score("old river", ["deep", "long"]);
    await scorer.dispose();
    if (round === 100) {
      after100 = residentMegabytes();
      threadsAfter100 = threadsOfProcess();
    }
  }
  const grown = residentMegabytes() - after100;
  console.log(
    `1,000 scorers created, used, disposed of: ${after100.toFixed(0)} MB after 100, ${grown.toFixed(1)} MB more at the end; ` +
      `threads of the process ${threadsAfter100} and ${threadsOfProcess()}, handles: ${process.getActiveResourcesInfo().join(", ") || "none"}`,
  );
}

await manyPairs();
await manyScorers();
