// Runs a mixed load in one process for some time: indexes, searches, reranks, answers with a fake chat model, aborts, and
// loads models and store anew. Logs memory, handles, threads and the event loop's delay, and compares a sample of results
// with the plain path, one pair or text at a time:
// node --expose-gc test/faults/soak.mjs [--minutes 30] [--warm-up 5] [--clients 4] [--seed 1]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  indexFolder,
  loadFolder,
  OnnxCrossEncoder,
  OnnxEmbeddings,
  openChroma,
  splitPassages,
  TwoStageRetriever,
} from "langchain-rerank";
import { ChangingFolder } from "./changing-folder.mjs";
import { below, oneOf, seeded } from "./seeded.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    "warm-up": { type: "string", default: "5" },
    clients: { type: "string", default: "4" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const minutes = Number(values.minutes);
const warmUp = Number(values["warm-up"]);
const random = seeded(Number(values.seed));
console.log(`${minutes} minutes, seed ${values.seed}, Node ${process.version}, ${cpus()[0].model}`);

const root = mkdtempSync(join(tmpdir(), "soak-"));
const folder = join(root, "documents");
const guides = new ChangingFolder(folder, random);
const queries = Array.from({ length: 40 }, () => guides.sentence());

/** What the load uses; a part is replaced as a whole by `reload`. */
const parts = {};
const makers = {
  embeddings: () => new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" }),
  reranker: () => new CrossEncoderReranker({ model: "rerank-minilm-l3", device: "cpu" }),
  store: () =>
    openChroma(parts.embeddings, { collectionName: "documents", path: join(root, "chroma") }),
  lexical: async () => new Bm25Retriever(),
};
const plain = new OnnxCrossEncoder({ model: "rerank-minilm-l3", device: "cpu", cache: false });

const counts = {};
const faults = [];
let compared = 0;
const over = new AbortController();
/** Searches and answers share the parts; indexing and loading anew have them alone. */
let gate = Promise.resolve();
const running = new Set();

async function shared(work) {
  for (let passed; passed !== gate;) {
    passed = gate;
    await passed;
  }
  const run = work();
  running.add(run);
  try {
    return await run;
  } finally {
    running.delete(run);
  }
}

async function alone(work) {
  const before = gate;
  let open;
  gate = new Promise((resolve) => (open = resolve));
  await before;
  await Promise.allSettled(running);
  try {
    return await work();
  } finally {
    open();
  }
}

const works = {
  search: { weight: 45, run: (signal) => shared(() => search(signal)) },
  rerank: { weight: 20, run: (signal) => shared(() => rerank(signal)) },
  answer: { weight: 20, run: (signal) => shared(() => answer(signal)) },
  index: { weight: 12, run: (signal) => alone(() => index(signal)) },
  reload: { weight: 1, run: () => alone(reload) },
};

function retriever() {
  const { store, lexical, reranker } = parts;
  const members = [new DenseRetriever({ store }), lexical];
  return new TwoStageRetriever({
    candidates: new HybridRetriever({ retrievers: members }),
    reranker,
    candidateCount: 20,
  });
}

async function search(signal) {
  const query = oneOf(random, queries);
  const { documents, coverage } = await retriever().search(query, { signal });
  if (coverage.scored !== coverage.candidates) fault("search", "not all candidates are scored");
  await checkScores("search", query, documents);
}

async function rerank(signal) {
  const query = oneOf(random, queries);
  const texts = Array.from({ length: 1 + below(random, 30) }, () => guides.paragraph());
  const documents = await parts.reranker.rerank(
    query,
    texts.map((pageContent) => ({ pageContent, metadata: {} })),
    { signal },
  );
  await checkScores("rerank", query, documents);
}

async function answer(signal) {
  const llm = new FakeListChatModel({ responses: ["It is so [1], and so [2] [99]."] });
  const chain = createAnswerChain({ retriever: retriever(), llm });
  const question = oneOf(random, queries);
  let said = "";
  for await (const chunk of await chain.stream(question, { signal })) said += chunk.answer ?? "";
  if (!/^It is so \[1\], and so( \[2\])?\.?/.test(said)) fault("answer", said);
}

async function index(signal) {
  const changes = guides.change();
  const { store, lexical } = parts;
  const options = { store, lexical, prune: true };
  await indexFolder(folder, { ...options, signal }).catch((error) => {
    if (!signal?.aborted) throw error;
  });
  if (signal?.aborted) await indexFolder(folder, options);
  const passages = await splitPassages((await loadFolder(folder)).documents);
  const wanted = new Set(passages.map(({ id }) => id));
  const stored = new Set((await store.storedPassages()).keys());
  const words = new Set(lexical.index.ids());
  compared += 1;
  if (!isDeepStrictEqual(stored, wanted)) fault("index", `store after ${changes.join(", ")}`);
  if (!isDeepStrictEqual(words, wanted)) fault("index", `words after ${changes.join(", ")}`);
}

async function reload() {
  await parts.store.close();
  await Promise.all([parts.embeddings.dispose(), parts.reranker.dispose()]);
  for (const name of ["embeddings", "reranker", "store"]) parts[name] = await makers[name]();
}

/** Compares the score of one document with that of its pair alone, and the order of all. */
async function checkScores(work, query, documents) {
  const scores = documents.map(({ metadata }) => metadata.relevanceScore);
  if (scores.some((score, place) => score > (scores[place - 1] ?? 1))) fault(work, "not in order");
  if (random() > 0.3 || documents.length === 0) return;
  const { pageContent, metadata } = oneOf(random, documents);
  const {
    scores: [logit],
  } = await plain.score(query, [pageContent]);
  const expected = 1 / (1 + Math.exp(-logit));
  compared += 1;
  if (Math.abs(metadata.relevanceScore - expected) > 1e-6)
    fault(work, `"${query}": expected ${expected}, got ${metadata.relevanceScore}`);
}

async function client() {
  while (!over.signal.aborted) {
    const name = pick();
    const aborter = random() < 0.15 ? new AbortController() : undefined;
    const timer =
      aborter && setTimeout(() => aborter.abort(new Error("enough")), below(random, 200));
    try {
      await works[name].run(aborter?.signal);
      counts[name] = (counts[name] ?? 0) + 1;
    } catch (error) {
      if (aborter?.signal.aborted) counts["aborted"] = (counts["aborted"] ?? 0) + 1;
      else fault(name, error.stack);
    }
    clearTimeout(timer);
    await sleep(below(random, 150));
  }
}

function pick() {
  const entries = Object.entries(works);
  let left = random() * entries.reduce((sum, [, { weight }]) => sum + weight, 0);
  return entries.find(([, { weight }]) => (left -= weight) < 0)?.[0] ?? "search";
}

function fault(work, what) {
  faults.push(`${work}: ${what}`);
  console.log(`WRONG ${work}: ${what}`);
}

/** What the process holds now. */
function holdings() {
  globalThis.gc?.();
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (!/Timeout|Immediate/.test(kind)) handles[kind] = (handles[kind] ?? 0) + 1;
  }
  const status = readFileSync("/proc/self/status", "utf8");
  const { rss, heapUsed } = process.memoryUsage();
  return {
    rss: rss / 2 ** 20,
    heap: heapUsed / 2 ** 20,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)[1]),
    files: readdirSync("/proc/self/fd").length,
    handles,
  };
}

for (const name of Object.keys(makers)) parts[name] = await makers[name]();
await index();
await search();
await sleep(2000);
const before = holdings();

const delay = monitorEventLoopDelay({ resolution: 1 });
const allDelays = monitorEventLoopDelay({ resolution: 1 });
const samples = [];
const begin = performance.now();
const clients = Array.from({ length: Number(values.clients) }, client);
while (performance.now() - begin < minutes * 60_000) {
  delay.reset();
  for (const monitor of [delay, allDelays]) monitor.enable();
  await sleep(9_000);
  for (const monitor of [delay, allDelays]) monitor.disable();
  // Collecting garbage stops the loop: it is done outside what is measured.
  const held = holdings();
  const minute = (performance.now() - begin) / 60_000;
  samples.push({ minute, ...held });
  const { rss, heap, threads, files } = held;
  const [p99, longest] = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6 - 1).toFixed(1));
  console.log(
    `${minute.toFixed(1)} min: RSS ${rss.toFixed(0)} MB, heap ${heap.toFixed(1)} MB, ${threads} threads, ${files} files, loop p99 ${p99} ms, longest ${longest} ms, ${JSON.stringify(counts)}, ${compared} compared, ${faults.length} wrong`,
  );
}
over.abort();
await Promise.all(clients);
await sleep(2000);
const after = holdings();
await parts.store.close();
await Promise.all([parts.embeddings.dispose(), parts.reranker.dispose(), plain.dispose()]);
rmSync(root, { recursive: true, force: true });

const early = samples.filter(({ minute }) => minute >= warmUp && minute < warmUp + 1);
const late = samples.filter(({ minute }) => minute >= minutes - 1);
const middle = (list, name) =>
  list.map((sample) => sample[name]).toSorted((a, b) => a - b)[list.length >> 1];
const growth = (name) => (middle(late, name) - middle(early, name)).toFixed(1);
console.log(`before: ${JSON.stringify(before)}\nafter:  ${JSON.stringify(after)}`);
console.log(
  `Growth after ${warmUp} minutes: RSS ${growth("rss")} MB, heap ${growth("heap")} MB; loop p99 ${(allDelays.percentile(99) / 1e6 - 1).toFixed(1)} ms, longest ${(allDelays.max / 1e6 - 1).toFixed(1)} ms; ${compared} results compared, ${faults.length} wrong`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
