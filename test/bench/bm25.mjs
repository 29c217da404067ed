/**
 * Times BM25 engines on one generated collection: documents of 150 words, Zipf with s = 1 over 100,000 terms,
 * the same terms for every engine, queries of 2 to 30 words drawn in the same way, the best 10 of each. Every
 * engine has a process of its own; the time of a query is the median of three. There are 200 queries; a slow
 * engine gets only as many as it answers in half a minute.
 *
 *     npm run build
 *     npm install --prefix /elsewhere minisearch@7.2.0 @orama/orama@3.1.18
 *     PEERS=/elsewhere PYTHON=/venv-with-bm25s/bin/python node test/bench/bm25.mjs 1000 20000 200000
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const vocabulary = 100_000;
const wordsPerDocument = 150;
const k = 10;
const longestMs = 30_000;

/** The generator of test/lexical/generated-texts.ts. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws words none of which is the beginning of another, since some engines match beginnings. */
function zipfWords(draw) {
  const cumulative = new Float64Array(vocabulary);
  let sum = 0;
  for (let rank = 0; rank < vocabulary; rank += 1) cumulative[rank] = sum += 1 / (rank + 1);
  return () => {
    const wanted = draw() * sum;
    let [low, high] = [0, vocabulary - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return `${low}t`;
  };
}

function collectionOf(size) {
  const word = zipfWords(mulberry32(1));
  const texts = Array.from({ length: size }, () =>
    Array.from({ length: wordsPerDocument }, word).join(" "),
  );
  const draw = mulberry32(2);
  const queryWord = zipfWords(draw);
  const queries = Array.from({ length: 200 }, () =>
    Array.from({ length: 2 + Math.floor(draw() * 29) }, queryWord).join(" "),
  );
  return { texts, queries };
}

const split = (text) => text.split(" ");
const peer = (name) =>
  import(pathToFileURL(createRequire(join(process.env.PEERS ?? ".", "/")).resolve(name)).href);

/** Each builds an index and gives what searches it. */
const engines = {
  async ours(texts) {
    const { Bm25Index } = await import("../../dist/lexical/bm25-index.js");
    const index = new Bm25Index({ analyzer: { name: "split", analyze: split } });
    let [longest, last] = [0, performance.now()];
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await index.add(texts.map((text, place) => ({ id: `${place}`, text })));
    clearInterval(timer);
    return { search: (query) => index.search(query, k), more: () => saved(index, longest) };
  },
  async minisearch(texts) {
    const { default: MiniSearch } = await peer("minisearch");
    const index = new MiniSearch({
      fields: ["text"],
      tokenize: split,
      processTerm: (term) => term,
    });
    index.addAll(texts.map((text, id) => ({ id, text })));
    return { search: (query) => index.search(query).slice(0, k) };
  },
  async orama(texts) {
    const { create, insertMultiple, search } = await peer("@orama/orama");
    const tokenizer = { language: "english", normalizationCache: new Map(), tokenize: split };
    const index = create({ schema: { text: "string" }, components: { tokenizer } });
    await insertMultiple(
      index,
      texts.map((text) => ({ text })),
      1000,
    );
    return { search: (term) => search(index, { term, limit: k, properties: ["text"] }) };
  },
  async langchain(texts) {
    const { BM25Retriever } = await import("@langchain/community/retrievers/bm25");
    const documents = texts.map((pageContent) => ({ pageContent, metadata: {} }));
    const retriever = BM25Retriever.fromDocuments(documents, { k });
    return { search: (query) => retriever.invoke(query) };
  },
};

async function saved(index, longestStallMs) {
  const arraysMb = process.memoryUsage().arrayBuffers / 1e6;
  const folder = mkdtempSync(join(tmpdir(), "bm25-bench-"));
  const path = join(folder, "index.bm25");
  const saveMs = await timed(() => index.save(path));
  const { Bm25Index } = await import("../../dist/lexical/bm25-index.js");
  const loadMs = await timed(() => Bm25Index.load(path, { analyzer: index.analyzer }));
  const fileMb = statSync(path).size / 1e6;
  rmSync(folder, { recursive: true });
  return { longestStallMs, saveMs, loadMs, fileMb, arraysMb };
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

async function measure(name, size) {
  const { texts, queries } = collectionOf(size);
  let engine;
  const buildMs = await timed(async () => {
    engine = await engines[name](texts);
  });
  for (
    let warmUntil = performance.now() + 2000, place = 0;
    performance.now() < warmUntil;
    place += 1
  ) {
    await engine.search(queries[place % queries.length]);
  }
  const times = [];
  const begin = performance.now();
  for (const query of queries) {
    if (performance.now() - begin > longestMs) break;
    const runs = [];
    for (let run = 0; run < 3; run += 1) runs.push(await timed(() => engine.search(query)));
    times.push(quantile(runs, 0.5));
  }
  return {
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    buildMs,
    ...(await engine.more?.()),
  };
}

function measureElsewhere(name, size) {
  const [script, ...options] = [import.meta.filename, "--measure", name, `${size}`];
  const output =
    name === "bm25s"
      ? python(size)
      : execFileSync(process.execPath, ["--max-old-space-size=12000", script, ...options]);
  return JSON.parse(output);
}

function python(size) {
  const folder = mkdtempSync(join(tmpdir(), "bm25-bench-"));
  const path = join(folder, "collection.json");
  writeFileSync(path, JSON.stringify(collectionOf(size)));
  const output = execFileSync(process.env.PYTHON ?? "python3", [
    join(import.meta.dirname, "bm25s_peer.py"),
    path,
  ]);
  rmSync(folder, { recursive: true });
  return output;
}

const [first, ...others] = process.argv.slice(2);
if (first === "--measure") {
  console.log(JSON.stringify(await measure(others[0], Number(others[1]))));
} else {
  console.log(
    "| documents | engine | p50 ms | p95 ms | build s | more |\n|---|---|---|---|---|---|",
  );
  for (const size of [first ?? 1000, ...others].map(Number)) {
    for (const name of ["ours", "bm25s", "minisearch", "orama", "langchain"]) {
      if (name === "langchain" && size > 20_000) continue;
      const { p50, p95, buildMs, ...more } = measureElsewhere(name, size);
      const cells = [size, name, p50.toFixed(3), p95.toFixed(3), (buildMs / 1000).toFixed(2)];
      console.log(`| ${[...cells, JSON.stringify(more)].join(" | ")} |`);
    }
  }
}
