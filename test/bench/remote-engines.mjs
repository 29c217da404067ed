/**
 * Drives a real rerank server through RemotePairScorer: compares its scores with those of OnnxCrossEncoder on the
 * same fp32 weights, meets its limits, and kills it while calls run. It prints what it finds.
 *
 *     npm run build
 *     python -m venv /elsewhere/infinity
 *     /elsewhere/infinity/bin/pip install "infinity-emb[server,optimum,torch]==0.0.78"
 *     INFINITY=/elsewhere/infinity/bin/infinity_emb MINILM=/elsewhere/minilm \
 *       node test/bench/remote-engines.mjs
 *
 * `make_minilm.py` writes the folder MINILM: safetensors for the server, an ONNX file for ours.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { loadFolder, OnnxCrossEncoder, splitPassages } from "../../dist/index.js";
import { RemotePairScorer } from "../../dist/rerankers/index.js";

const command = process.env.INFINITY ?? "infinity_emb";
const model = join(process.env.MINILM ?? "minilm", "cross-encoder");
const port = await getPort();
const url = `http://127.0.0.1:${port}`;

/** Resolves when the server answers. */
async function ready() {
  for (;;) {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    if (health?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Starts the server, and resolves when it answers. */
async function startServer() {
  const words = "--engine torch --device cpu --no-bettertransformer --host 127.0.0.1".split(" ");
  const server = spawn(
    command,
    ["v2", "--model-id", model, "--served-model-name", "minilm", ...words, "--port", String(port)],
    { env: { ...process.env, HF_HUB_OFFLINE: "1", DO_NOT_TRACK: "1" }, stdio: "ignore" },
  );
  const failed = once(server, "exit").then(([code]) => {
    throw new Error(`The server ended with ${code}.`);
  });
  failed.catch(() => undefined); // It is killed later on.
  await Promise.race([ready(), failed]);
  return server;
}

const root = join(import.meta.dirname, "../..");
const { documents } = await loadFolder(join(root, "sample_documents"));
const passages = (await splitPassages(documents)).map(({ pageContent }) => pageContent);
const queries = readFileSync(join(root, "sample_documents/queries.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).text);
const odd = [
  "",
  "a",
  "Größe, naïve café, 東京の天気",
  "word ".repeat(2000),
  "👩‍👩‍👧 \u0000 x",
  "half \uD800",
];

const local = new OnnxCrossEncoder({ model, dtype: "fp32", device: "cpu", cache: false });
const errors = [];
const scorer = new RemotePairScorer({
  dialect: "infinity",
  url,
  model: "minilm",
  timeoutMs: 120_000,
  maxRetries: 0,
  failover: local,
  onFailover: (error) => errors.push(error),
});

/** The largest difference between the scores of two scorers. */
function largestDifference(ours, theirs) {
  assert.equal(ours.length, theirs.length);
  return Math.max(...Array.from(ours, (score, index) => Math.abs(score - theirs[index])));
}

let server = await startServer();
console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`,
);

let [pairs, most, least, greatest] = [0, 0, Infinity, -Infinity];
for (const [index, query] of queries.slice(0, 6).entries()) {
  const texts = [...passages.slice(index * 20, index * 20 + 20), ...odd];
  const { scores, scoredBy } = await scorer.score(query, texts);
  assert.equal(scoredBy?.name, "minilm", String(errors[0]));
  // The server drops spaces around a text, which changes no token.
  const reference = await local.score(query, texts);
  most = Math.max(most, largestDifference(reference.scores, scores));
  for (const score of scores)
    [least, greatest] = [Math.min(least, score), Math.max(greatest, score)];
  pairs += texts.length;
}
console.log(
  `scores: ${pairs} pairs, logits from ${least.toFixed(2)} to ${greatest.toFixed(2)}, largest difference ${most.toExponential(1)}`,
);
assert.ok(most < 1e-4);

const many = Array.from({ length: 2100 }, (_, index) => `n ${index}`);
const wide = new RemotePairScorer({
  dialect: "infinity",
  url,
  batchSize: 4096,
  timeoutMs: 600_000,
});
const { scores: manyScores } = await wide.score("n", many);
assert.ok(Array.from(manyScores).every(Number.isFinite));
console.log(`limits: 2,100 texts in one request were refused with 422, and scored in two halves`);
const { scores: someScores, unscored } = await wide.score("n", ["a", "b ".repeat(70_000), "c"]);
assert.deepEqual([...unscored], [[1, "error"]]);
assert.ok(Number.isFinite(someScores[0]) && Number.isFinite(someScores[2]));
console.log(`limits: a text of 140,000 characters was refused on its own, the others were scored`);

/** Scores ten passages, and checks that one scorer gave all scores; resolves to its name. */
async function checkedCall(call) {
  const query = queries[call % queries.length];
  const texts = passages.slice(call * 3, call * 3 + 10);
  const { scores, scoredBy } = await scorer.score(query, texts);
  const reference = await local.score(query, texts);
  const difference = largestDifference(reference.scores, scores);
  assert.ok(difference < 1e-4, `call ${call} is off by ${difference}`);
  // In fp32 the two never agree to the last bit in all ten scores.
  const isLocal = difference === 0;
  assert.equal(scoredBy?.name === "minilm", !isLocal);
  return scoredBy?.name === "minilm" ? "server" : "failover";
}

errors.length = 0;
const names = [await checkedCall(0), await checkedCall(1), await checkedCall(2)];
const running = [3, 4, 5, 6].map(checkedCall);
await new Promise((resolve) => setTimeout(resolve, 20));
server.kill("SIGKILL");
names.push(...(await Promise.all(running)), ...(await Promise.all([7, 8, 9].map(checkedCall))));
const count = (name) => names.filter((each) => each === name).length;
console.log(
  `killed in mid-run: ${count("server")} calls scored by the server, ${count("failover")} by the failover, none lost; ${errors.length} errors: ${[...new Set(errors.map(({ message }) => message.replace(url, "…")))].join(" | ")}`,
);
assert.ok(count("failover") > 0);

const downAt = performance.now();
server = await startServer();
let back = "failover";
while (back === "failover") {
  back = await checkedCall(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
console.log(
  `started again: used again ${((performance.now() - downAt) / 1000).toFixed(0)} s after the kill`,
);
server.kill();
await local.dispose();
