/**
 * Quality of late interaction with the token vectors of a bi-encoder, beside a cross-encoder: the first 50 of the
 * hybrid search of `collections.mjs` (all-MiniLM-L6-v2 and BM25), reranked by `MultiVectorScorer` with the same
 * bi-encoder and by rerank-minilm-l6, in windows of 256 tokens, at several blends. Takes every n-th query, so that
 * about `--queries` remain. The last column shows the time of a query; vectors were stored before. `--encoded` adds
 * late interaction without stored vectors: in 32 bits, and with the time for the passages.
 *
 *     npm run build
 *     node test/bench/late-interaction.mjs <BEIR or Cranfield folder> [--queries n] [--depth 50] [--encoded]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxCrossEncoder,
  OnnxEmbeddings,
  TwoStageRetriever,
} from "langchain-rerank";
import { compareMeasure, nDCG } from "langchain-rerank/evaluation";
import { MultiVectorScorer } from "langchain-rerank/rerankers";
import { collectPools } from "../../dist/evaluation/sweep/collect-pools.js";
import { sweep } from "../../dist/evaluation/sweep/sweep.js";
import { loadCollection } from "./load-collection.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: "string", default: "Infinity" },
    depth: { type: "string", default: "50" },
    encoded: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of a collection.");
const depth = Number(values.depth);
const { documents, queries, judgements } = everyNth(await loadCollection(folder));
const blends = [0.25, 0.5, 0.75, 1];
console.error(`${documents.length} documents, ${queries.size} queries`);

const scratch = mkdtempSync(join(tmpdir(), "late-interaction-"));
const encoder = { model: "all-MiniLM-L6-v2", device: "cpu", maxTokens: 256 };
const embeddings = new OnnxEmbeddings(encoder);
const store = new MemoryVectorStore(embeddings);
for (let start = 0; start < documents.length; start += 256) {
  await store.addDocuments(documents.slice(start, start + 256));
  process.stderr.write(`\rembedded ${Math.min(start + 256, documents.length)}`);
}
const dense = new DenseRetriever({ store, k: depth });
const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k: depth });
const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: depth });
const found = [];
for (const query of queries.values()) found.push(...(await hybrid.invoke(query)));

const vectors = join(scratch, "passages.vectors");
const late = new MultiVectorScorer({ ...encoder, vectors });
const passages = [...new Set(found.map(({ pageContent }) => pageContent))];
const startedAt = performance.now();
await late.store(passages, {
  onProgress: ({ stored }) => process.stderr.write(`\rstored ${stored} of ${passages.length}`),
});
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
const megabytes = (statSync(vectors).size / 1e6).toFixed(0);
console.error(
  `\nStored the vectors of ${passages.length} passages in ${seconds} s, ${megabytes} MB.`,
);

const cross = new OnnxCrossEncoder({
  model: "rerank-minilm-l6",
  device: "cpu",
  maxTokens: 256,
  cache: false,
});
const encoded = new MultiVectorScorer(encoder);
const scorers = {
  "late interaction": late,
  ...(values.encoded ? { "late interaction, encoded": encoded } : {}),
  "cross-encoder": cross,
};
const rows = [];
let base;
for (const [name, scorer] of Object.entries(scorers)) {
  await scorer.score("warm", ["up"]);
  const times = [];
  const timed = {
    name: scorer.name,
    scale: scorer.scale,
    async score(query, texts, options) {
      const since = performance.now();
      const result = await scorer.score(query, texts, options);
      times.push(performance.now() - since);
      return result;
    },
  };
  const reranker = new CrossEncoderReranker({ scorer: timed });
  const pools = await collectPools({
    retriever: new TwoStageRetriever({ candidates: hybrid, reranker }),
    queries,
    depth,
    onProgress: ({ done, total }) => process.stderr.write(`\r${name}: ${done} of ${total}  `),
  });
  const swept = sweep({ pools, judgements, measures: [nDCG(10)], blends });
  if (!base) rows.push(rowOf("no reranking", (base = swept.firstStage), ""));
  const most = Math.min(...times).toFixed(0);
  const middle = times.toSorted((a, b) => a - b)[times.length >> 1].toFixed(0);
  for (const blend of blends) {
    const point = swept.points.find(
      (each) => each.candidateCount === depth && each.blend === blend,
    );
    rows.push(rowOf(`${name}, blend ${blend}`, point, `${most} / ${middle}`));
  }
}
console.log(
  `\n| reranking of the top ${depth} | nDCG@10 | 95 % interval | difference | 95 % interval | ms, fastest / median |`,
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
console.log(
  `\nLoad average: ${loadavg()
    .map((each) => each.toFixed(1))
    .join(", ")}`,
);
await Promise.all([embeddings, late, encoded, cross].map((each) => each.dispose()));
rmSync(scratch, { recursive: true });

function rowOf(name, { evaluations: [evaluation], intervals: [interval] }, time) {
  const { difference, interval: range } = compareMeasure(base.evaluations[0], evaluation);
  return [
    name,
    evaluation.mean.toFixed(4),
    rangeOf(interval),
    difference.toFixed(4),
    rangeOf(range),
    time,
  ];
}

function rangeOf({ low, high }) {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

/** About as many queries as were asked for, spread over the whole set. */
function everyNth({ queries: all, judgements: judged, ...rest }) {
  const ids = [...judged.keys()];
  const step = Math.max(1, Math.round(ids.length / Number(values.queries)));
  const some = ids.filter((_id, index) => index % step === 0);
  return {
    ...rest,
    queries: new Map(some.map((id) => [id, all.get(id)])),
    judgements: new Map(some.map((id) => [id, judged.get(id)])),
  };
}
