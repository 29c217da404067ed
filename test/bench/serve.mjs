/**
 * Loads `langchain-rerank serve` with 32 connections for a minute: each request has a question about the sample
 * documents, which is new each time, and its 50 passages of BM25. Prints the statuses, the throughput, the latencies,
 * how the server's memory develops, and how long `/health` takes meanwhile. Then it does the same with Infinity, which
 * serves the same weights, if ENGINE names its command; and with two of our processes, each of which gets half of the
 * connections.
 *
 *     npm run build
 *     node test/bench/serve.mjs [--seconds 60] [--connections 32] [--model rerank-minilm-l6]
 *     ENGINE=/elsewhere/infinity/bin/infinity_emb MINILM=/elsewhere/minilm node test/bench/serve.mjs
 *
 * `make_minilm.py` writes the folder MINILM; both then serve its fp32 weights.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import getPort from "get-port";
import { Bm25Retriever } from "langchain-rerank";
import { loadSampleQuestions } from "./sample-questions.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    connections: { type: "string", default: "32" },
    model: { type: "string", default: "rerank-minilm-l6" },
    candidates: { type: "string", default: "50" },
  },
});
const [seconds, connections] = [Number(values.seconds), Number(values.connections)];
const { ENGINE: engine, MINILM: minilm } = process.env;
const command = join(import.meta.dirname, "../../dist/cli/main.js");

const { passages, questions } = await loadSampleQuestions();
const bm25 = await Bm25Retriever.fromDocuments(passages, { k: Number(values.candidates) });
const pools = [];
for (const { text } of questions) {
  const found = await bm25.invoke(text);
  if (found.length < Number(values.candidates)) continue;
  pools.push({ query: text, texts: found.map(({ pageContent }) => pageContent) });
}

const generator = join(import.meta.dirname, "load-generator.mjs");

/** Starts a server, and resolves when it is ready. */
async function start(words, port, path) {
  const [program, ...more] = words;
  const server = spawn(program, more, {
    stdio: "ignore",
    env: { ...process.env, HF_HUB_OFFLINE: "1", DO_NOT_TRACK: "1" },
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (server.exitCode !== null)
      throw new Error(`${words.join(" ")} ended with ${server.exitCode}.`);
    const answer = await fetch(url + path).catch(() => undefined);
    if (answer?.ok) return { server, url };
    await wait(200);
  }
}

function residentMegabytes({ pid }) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

const mean = (some) => some.reduce((sum, value) => sum + value, 0) / some.length;
const at = (some, share) => some.toSorted((a, b) => a - b)[Math.floor(share * (some.length - 1))];

/** Loads servers that run already; each gets its share of the connections. */
async function load(servers, field) {
  const ended = servers.map(async ({ url }) => {
    const stdio = ["ignore", "inherit", "inherit", "ipc"];
    const child = spawn(process.execPath, [generator], { stdio });
    child.send({ url, field, connections: connections / servers.length, seconds, pools });
    const [result] = await once(child, "message");
    return result;
  });
  const done = new AbortController();
  const all = Promise.all(ended).finally(() => done.abort());
  const [memory, health] = [[], []];
  while (!done.signal.aborted) {
    const startedAt = performance.now();
    const response = await fetch(`${servers[0].url}/health`);
    health.push(performance.now() - startedAt);
    await response.arrayBuffer();
    memory.push(servers.reduce((sum, { server }) => sum + residentMegabytes(server), 0));
    await wait(100);
  }
  return { results: await all, memory, health };
}

const rows = [];
async function measure(name, words, { field = "texts", ready = "/ready", processes = 1 } = {}) {
  const servers = [];
  for (let index = 0; index < processes; index += 1) {
    const port = await getPort();
    servers.push(await start(words(port), port, ready));
  }
  const { results, memory, health } = await load(servers, field);
  const statuses = {};
  for (const { statusCodeStats } of results) {
    for (const [status, { count }] of Object.entries(statusCodeStats)) {
      statuses[status] = (statuses[status] ?? 0) + count;
    }
  }
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const quarter = Math.ceil(memory.length / 4);
  const quarters = [1, 2, 3, 4].map((count) => memory.slice(0, count * quarter).slice(-20));
  rows.push([
    name,
    Object.entries(statuses)
      .map(([status, count]) => `${count} × ${status}`)
      .join(", ") +
      (results.some(({ errors, timeouts }) => errors + timeouts > 0) ? ", errors" : ""),
    (answered / Math.max(...results.map(({ duration }) => duration))).toFixed(2),
    Math.max(...results.map(({ latency }) => latency.p50)),
    Math.max(...results.map(({ latency }) => latency.p99)),
    quarters.map((some) => mean(some).toFixed(0)).join(" / "),
    `${at(health, 0.5).toFixed(1)} / ${at(health, 0.99).toFixed(1)} / ${Math.max(...health).toFixed(1)}`,
  ]);
  for (const { server } of servers) {
    const exit = once(server, "exit");
    server.kill("SIGTERM");
    await exit;
  }
  console.error(rows.at(-1).join(" | "));
}

const ours = (model) => (port) => [
  process.execPath,
  command,
  ..."serve --no-search --quiet --device cpu --reranker".split(" "),
  model,
  "--port",
  `${port}`,
];
await measure(`ours, ${values.model}`, ours(values.model));
await measure(`ours, ${values.model}, two processes`, ours(values.model), { processes: 2 });
if (engine !== undefined && minilm !== undefined) {
  const folder = join(minilm, "cross-encoder");
  const fp32 = await mkdtemp(join(tmpdir(), "fp32-"));
  await cp(folder, fp32, { recursive: true, filter: (path) => !/int8|quantized/.test(path) });
  await measure("ours, fp32", ours(fp32));
  await rm(fp32, { recursive: true });
  await measure(
    "Infinity, fp32",
    (port) => [
      engine,
      ..."v2 --engine torch --device cpu --no-bettertransformer --served-model-name served".split(
        " ",
      ),
      "--model-id",
      folder,
      "--host",
      "127.0.0.1",
      "--port",
      `${port}`,
    ],
    { field: "documents", ready: "/health" },
  );
}
console.log(
  `${connections} connections, ${seconds} s, ${values.candidates} passages, ${availableParallelism()} cores of ${cpus()[0].model}, Node ${process.version}\n`,
);
const head = [
  "server",
  "answers",
  "requests/s",
  "p50, ms",
  "p99, ms",
  "memory after each quarter, MB",
  "/health median / p99 / longest, ms",
];
console.log(
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n"),
);
