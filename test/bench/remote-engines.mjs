/**
 * Drives a real rerank server through RemotePairScorer: compares its scores with those of OnnxCrossEncoder on the
 * same fp32 weights, exceeds its limits, and kills it while calls run. It prints what it finds.
 *
 *     npm run build
 *     ENGINE=/elsewhere/infinity/bin/infinity_emb MINILM=/elsewhere/minilm \
 *       node test/bench/remote-engines.mjs infinity
 *     ENGINE=/elsewhere/llama.cpp/build/bin/llama-server MINILM=/elsewhere/minilm \
 *       node test/bench/remote-engines.mjs llama.cpp
 *
 * `make_minilm.py` writes the folder MINILM, and `make_rerank_gguf.py` adds the models for llama.cpp. Infinity is
 * installed into a virtual environment by `pip install "infinity-emb[server,optimum,torch]==0.0.78"`. llama.cpp is
 * built from its sources in the source package of llama-cpp-python 0.3.36 (`vendor/llama.cpp`):
 *
 *     cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_USE_PREBUILT_UI=OFF
 *     cmake --build build --target llama-server
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { OnnxCrossEncoder } from "langchain-rerank";
import { RemotePairScorer } from "langchain-rerank/rerankers";
import { loadSampleQuestions } from "./sample-questions.mjs";

const long = "word ".repeat(2000);

/**
 * How each server is started, which models it is compared on, how far its logits may differ with the first of
 * them, further texts to compare, and its own limits.
 */
const engines = {
  infinity: {
    models: ["cross-encoder"],
    tolerance: 1e-4,
    odd: [long, "👩‍👩‍👧 \u0000 x"],
    settings: "v2 --engine torch --device cpu --no-bettertransformer --served-model-name served",
    modelOption: (folder) => ["--model-id", folder],
    meetLimits: meetLimitsOfInfinity,
  },
  "llama.cpp": {
    models: ["xlm-roberta", "like-llama.cpp", "cross-encoder"],
    tolerance: 5e-3, // With fp32 weights, too, the two agree no closer.
    odd: ["👩 \u0000 x"], // No long text, which it refuses; no zero-width joiner, which SentencePiece maps anew.
    settings: "--rerank --ubatch-size 512 --threads 2 --offline",
    modelOption: (folder) => ["--model", join(folder, "model.gguf")],
    meetLimits: meetLimitsOfLlamaCpp,
  },
};
const dialect = process.argv[2];
const engine = engines[dialect];
assert.ok(engine, `Expected one of ${Object.keys(engines).join(", ")}.`);
const command = process.env.ENGINE ?? "";
const port = await getPort();
const url = `http://127.0.0.1:${port}`;

/** The folder of a model, with the files of both sides. */
const folderOf = (model) => join(process.env.MINILM ?? "minilm", model);

/** Resolves when the server answers. */
async function ready() {
  for (;;) {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    if (health?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Starts the server, and resolves when it answers. */
async function startServer(model) {
  const address = ["--host", "127.0.0.1", "--port", String(port)];
  const words = [...engine.settings.split(" "), ...engine.modelOption(folderOf(model)), ...address];
  const server = spawn(command, words, {
    env: { ...process.env, HF_HUB_OFFLINE: "1", DO_NOT_TRACK: "1" },
    stdio: "ignore",
  });
  const failed = once(server, "exit").then(([code]) => {
    throw new Error(`The server ended with ${code}.`);
  });
  failed.catch(() => undefined); // It is killed later on.
  await Promise.race([ready(), failed]);
  return server;
}

async function stopServer(server) {
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
}

const sample = await loadSampleQuestions();
const passages = sample.passages.map(({ pageContent }) => pageContent);
const queries = sample.questions.map(({ text }) => text);
const odd = ["", "a", "Größe, naïve café, 東京の天気", "half \uD800", ...engine.odd];

const localFor = (model) =>
  new OnnxCrossEncoder({ model: folderOf(model), dtype: "fp32", device: "cpu", cache: false });
const remoteWith = (more) =>
  new RemotePairScorer({ dialect, url, model: "served", timeoutMs: 120_000, ...more });

/** The largest difference between the scores of two scorers. */
function largestDifference(ours, theirs) {
  assert.equal(ours.length, theirs.length);
  return Math.max(...Array.from(ours, (score, index) => Math.abs(score - theirs[index])));
}

/** How many of all pairs of texts two lists of scores order alike. */
function concordance(ours, theirs) {
  let [alike, all] = [0, 0];
  for (let first = 0; first < ours.length; first += 1) {
    for (let second = 0; second < first; second += 1) {
      all += 1;
      if (ours[first] > ours[second] === theirs[first] > theirs[second]) alike += 1;
    }
  }
  return alike / all;
}

/** Compares the scores of six questions, and prints how well they agree. */
async function compare(model) {
  const server = await startServer(model);
  const local = localFor(model);
  let [pairs, most, least, greatest, ordered, same] = [0, 0, Infinity, -Infinity, 0, 0];
  for (const [index, query] of queries.slice(0, 6).entries()) {
    const texts = [...passages.slice(index * 20, index * 20 + 20), ...odd];
    const { scores } = await remoteWith().score(query, texts);
    const reference = await local.score(query, texts);
    most = Math.max(most, largestDifference(reference.scores, scores));
    least = Math.min(least, ...reference.scores);
    greatest = Math.max(greatest, ...reference.scores);
    pairs += texts.length;
    const share = concordance(reference.scores, scores);
    ordered += share / 6;
    if (share === 1) same += 1;
  }
  console.log(
    `scores of ${model}: ${pairs} pairs, logits from ${least.toFixed(2)} to ${greatest.toFixed(2)}, largest difference ${most.toExponential(1)}, ${(ordered * 100).toFixed(1)} % of the pairs of texts in the same order, ${same} of 6 lists in the same order`,
  );
  await Promise.all([stopServer(server), local.dispose()]);
  return most;
}

async function meetLimitsOfInfinity() {
  const many = Array.from({ length: 2100 }, (_, index) => `n ${index}`);
  const wide = remoteWith({ batchSize: 4096, timeoutMs: 600_000 });
  const { scores: manyScores } = await wide.score("n", many);
  assert.ok(Array.from(manyScores).every(Number.isFinite));
  console.log(`limits: 2,100 texts in one request were refused with 422, and scored in two halves`);
  const { scores, unscored } = await wide.score("n", ["a", "b ".repeat(70_000), "c"]);
  assert.deepEqual([...unscored], [[1, "error"]]);
  assert.ok(Number.isFinite(scores[0]) && Number.isFinite(scores[2]));
  console.log(
    `limits: a text of 140,000 characters was refused on its own, the others were scored`,
  );
}

async function meetLimitsOfLlamaCpp() {
  const answer = await fetch(`${url}/v1/rerank`, {
    method: "POST",
    body: JSON.stringify({ query: "n", documents: [long] }),
  });
  console.log(`limits: a text over the window is refused: ${answer.status} ${await answer.text()}`);
  const texts = [...passages.slice(0, 60), long, ...passages.slice(60, 99)];
  const { scores, unscored } = await remoteWith({ maxRetries: 0 }).score(queries[0], texts);
  assert.deepEqual([...unscored], [[60, "error"]]);
  assert.equal(Array.from(scores).filter(Number.isFinite).length, 99);
  console.log(`limits: among 100 texts it has no score, and the others were scored`);
}

const [model] = engine.models;
const difference = await compare(model);
assert.ok(difference < engine.tolerance);
for (const other of engine.models.slice(1)) await compare(other);

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`,
);
let server = await startServer(model);
await engine.meetLimits();

const local = localFor(model);
const errors = [];
const scorer = remoteWith({
  maxRetries: 0,
  failover: local,
  onFailover: (error) => errors.push(error),
});

/** Scores ten passages, and checks that one scorer gave all scores; resolves to its name. */
async function checkedCall(call) {
  const query = queries[call % queries.length];
  const texts = passages.slice(call * 3, call * 3 + 10);
  const { scores, scoredBy } = await scorer.score(query, texts);
  const reference = await local.score(query, texts);
  const off = largestDifference(reference.scores, scores);
  assert.ok(off < engine.tolerance, `call ${call} is off by ${off}`);
  // In fp32 the two never agree to the last bit in all ten scores.
  const isLocal = off === 0;
  assert.equal(scoredBy?.name === "served", !isLocal);
  return isLocal ? "failover" : "server";
}

const count = (names, name) => names.filter((each) => each === name).length;
let done = 0;
const running = Array.from({ length: 40 }, async (_, call) => {
  const name = await checkedCall(call);
  done += 1;
  if (done === 10) server.kill("SIGKILL");
  return name;
});
const names = await Promise.all(running);
console.log(
  `killed in mid-run, of 40 calls at once: ${count(names, "server")} scored by the server, ${count(names, "failover")} by the failover, none lost; ${errors.length} errors: ${[...new Set(errors.map(({ message }) => message.replace(url, "…")))].join(" | ")}`,
);
assert.ok(count(names, "server") > 0 && count(names, "failover") > 0);

const downAt = performance.now();
server = await startServer(model);
const upAt = performance.now();
let back = "failover";
while (back === "failover") {
  back = await checkedCall(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const backAt = performance.now();
const after = await Promise.all(Array.from({ length: 20 }, (_, call) => checkedCall(call)));
assert.equal(count(after, "server"), 20);
const seconds = (time) => ((time - downAt) / 1000).toFixed(1);
console.log(
  `started again: ready after ${seconds(upAt)} s, used again after ${seconds(backAt)} s; then it scored 20 calls of 20`,
);
await Promise.all([stopServer(server), local.dispose()]);
