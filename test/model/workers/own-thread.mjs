// Scores in a thread of the program's own, and beside it in the main thread, and says whether the scores are
// the same and how many inference threads the thread of its own has started.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { OnnxCrossEncoder } from "langchain-rerank";

const threads = [];
process.on("worker", (thread) => threads.push(thread));
const texts = Array.from(
  { length: 40 },
  (_, index) => `${"a deep river ".repeat(index % 7)}${index}`,
);
const scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l3", device: "cpu", workers: 2 });
const { scores } = await scorer.score("river", texts);
await scorer.dispose();
if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url));
  const inThread = await new Promise((resolve) => thread.once("message", resolve));
  const isSame = scores.every((score, index) => score === inThread.scores[index]);
  console.log(JSON.stringify({ isSame, threads: inThread.threads }));
} else {
  parentPort.postMessage({ scores, threads: threads.length });
}
