/**
 * Long texts in a short window: truncated, scored in overlapping windows, and read whole by a window of 512 tokens
 * for comparison. BM25 (k1 0.9, b 0.4) finds the candidates, rerank-minilm-l6 reranks them. The settings take
 * turns on each query, so that other load affects all of them; nothing is cached.
 *
 *     npm run build
 *     node test/bench/windows.mjs <BEIR or Cranfield folder> [--queries n] [--depth 20] [--tokens 128]
 */
import { parseArgs } from "node:util";
import { Bm25Retriever, CrossEncoderReranker } from "langchain-rerank";
import {
  bootstrapInterval,
  compareMeasure,
  evaluate,
  nDCG,
  runFrom,
} from "langchain-rerank/evaluation";
import { loadCollection } from "./load-collection.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: "string", default: "Infinity" },
    depth: { type: "string", default: "20" },
    tokens: { type: "string", default: "128" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of a collection.");
const depth = Number(values.depth);
const maxTokens = Number(values.tokens);
const { documents, queries, judgements } = await loadCollection(folder);
const ids = [...judgements.keys()].slice(0, Number(values.queries));

const options = { model: "rerank-minilm-l6", device: "cpu", topN: depth, cache: false };
const settings = Object.entries({
  truncated: { maxTokens },
  "stride 32": { maxTokens, window: { stride: 32 } },
  "stride 64": { maxTokens, window: { stride: 64 } },
  "512 tokens": { maxTokens: 512 },
}).map(([name, own]) => ({
  name,
  reranker: new CrossEncoderReranker({ ...options, ...own }),
  found: {},
  ms: 0,
  truncated: 0,
  windows: 0,
}));
const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k: depth });
const firstStage = {};
for (const { reranker } of settings) await reranker.rerank("warm up", documents.slice(0, 8));

for (const [turn, id] of ids.entries()) {
  const query = queries.get(id);
  const candidates = await bm25.invoke(query);
  firstStage[id] = candidates.map((document) => document.id);
  if (candidates.length === 0) continue;
  for (const index of settings.keys()) {
    const setting = settings[(index + turn) % settings.length];
    const start = performance.now();
    const reranked = await setting.reranker.rerank(query, candidates);
    setting.ms += performance.now() - start;
    setting.found[id] = reranked.map((document) => document.id);
    for (const { metadata } of reranked) {
      const { truncatedTokens, window } = metadata.retrieval.rerank;
      setting.truncated += Math.sign(truncatedTokens);
      setting.windows += window?.windows ?? 1;
    }
  }
  if (turn % 25 === 24 || turn === ids.length - 1) report(ids.slice(0, turn + 1));
}
await Promise.all(settings.map(({ reranker }) => reranker.dispose()));

function report(done) {
  const judged = new Map(done.map((id) => [id, judgements.get(id)]));
  const measured = (found) => evaluate(nDCG(10), { run: runFrom(found), judgements: judged });
  const [truncated] = settings;
  const base = measured(truncated.found);
  console.log(`\n${done.length} queries, ${depth} candidates each:\n`);
  row(["system", "nDCG@10", "95 %", "minus truncated", "95 %", "p", "windows", "cut", "times ms"]);
  row(Array.from({ length: 9 }, () => "---"));
  row(["BM25", ...quality(measured(firstStage), base), "", "", ""]);
  const pairs = done.reduce((sum, id) => sum + firstStage[id].length, 0);
  for (const { name, found, ms, truncated: cut, windows } of settings) {
    const share = `${((100 * cut) / pairs).toFixed(0)} %`;
    const perPair = (windows / pairs).toFixed(2);
    row([name, ...quality(measured(found), base), perPair, share, (ms / truncated.ms).toFixed(2)]);
  }
  console.log(`\ntruncated: ${(truncated.ms / done.length).toFixed(0)} ms a query`);
}

function quality(evaluation, base) {
  const { difference, interval, pValue } = compareMeasure(base, evaluation);
  const own = bootstrapInterval([...evaluation.perQuery.values()]);
  return [
    evaluation.mean.toFixed(4),
    range(own),
    difference.toFixed(4),
    range(interval),
    pValue.toFixed(4),
  ];
}

function range({ low, high }) {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}
