/**
 * Quality against time of a cascade: rerank-minilm-l3 reads all candidates, rerank-minilm-l6 the best of them.
 * Compared with rerank-minilm-l6 over all candidates, over the first of them, and with adaptive depth. A hybrid of
 * BM25 (k1 0.9, b 0.4) and all-MiniLM-L6-v2 finds the candidates. Each model scores each pair once, in turns per
 * query, and every system is then run on the saved scores, so that all have the same scores. Time is the number of
 * tokens that a system reads with a model, times the milliseconds that the model took per token, in the median of
 * the queries. With `--scores` a later run continues.
 *
 *     npm run build
 *     node test/bench/cascade.mjs <BEIR or Cranfield folder> [--queries 150] [--depth 50] [--scores file]
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxCrossEncoder,
  OnnxEmbeddings,
} from "langchain-rerank";
import { bootstrapInterval, evaluate, nDCG, runFrom } from "langchain-rerank/evaluation";
import { CascadeScorer } from "langchain-rerank/rerankers";
import { compareMeasure } from "../../dist/evaluation/comparison/compare-measure.js";
import { loadTokenizer } from "../../dist/model/tokens/tokenizer.js";
import { median } from "./generated-passages.mjs";
import { loadCollection } from "./load-collection.mjs";

const models = ["rerank-minilm-l3", "rerank-minilm-l6"];
const maxTokens = 256;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: "string", default: "150" },
    depth: { type: "string", default: "50" },
    scores: { type: "string" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of a collection.");
const depth = Number(values.depth);
const { documents, queries, judgements } = await loadCollection(folder);
const textOf = new Map(documents.map(({ id, pageContent }) => [id, pageContent]));
const judged = [...judgements.keys()];
const count = Math.min(Number(values.queries), judged.length);
/** Spread over all judged queries, and the beginning of every larger sample. */
const step = coprimeNear(0.618 * judged.length, judged.length);
const ids = Array.from({ length: count }, (_, n) => judged[(n * step) % judged.length]);
const scored = await scoreAll(values.scores ?? join(tmpdir(), `cascade.${basename(folder)}.jsonl`));

const msPerToken = Object.fromEntries(
  models.map((model) => [
    model,
    median(scored.map(({ ms, pairs }) => ms[model] / sum(pairs, ({ tokens }) => tokens))),
  ]),
);
console.log(
  `\n${scored.length} queries, ${depth} candidates each, ms per token: ` +
    models.map((model) => `${model} ${msPerToken[model].toFixed(3)}`).join(", "),
);

const [l3, l6] = models;
const counts = [10, 15, 20, 25, 30, 40];
const systems = [
  ["hybrid, not reranked", (candidates) => candidates],
  [`${l6} over ${depth}`, reranked((read) => ({ scorer: saved(l6, read) }))],
  [`${l3} over ${depth}`, reranked((read) => ({ scorer: saved(l3, read) }))],
  ["adaptive depth", reranked((read) => ({ scorer: saved(l6, read), adaptiveDepth: true }))],
  ...counts.map((candidateCount) => [
    `${l6} over the first ${candidateCount}`,
    async (candidates, query, read) =>
      reranked(() => ({ scorer: saved(l6, read) }))(
        candidates.slice(0, candidateCount),
        query,
        read,
      ),
  ]),
  ...counts.map((candidateCount) => [
    `${l3} over ${depth}, ${l6} over the best ${candidateCount}`,
    reranked((read) => ({
      scorer: new CascadeScorer({
        stages: [{ scorer: saved(l3, read) }, { scorer: saved(l6, read), candidateCount }],
      }),
    })),
  ]),
];
const results = [];
for (const [name, rank] of systems) {
  const found = {};
  let ms = 0;
  for (const { id, query, pairs } of scored) {
    const known = new Map(pairs.map((pair) => [textOf.get(pair.id), pair]));
    const read = (model, text) => {
      const pair = known.get(text);
      ms += pair.tokens * msPerToken[model];
      return pair.scores[model];
    };
    const candidates = pairs.map(
      (pair) => new Document({ id: pair.id, pageContent: textOf.get(pair.id) }),
    );
    found[id] = (await rank(candidates, query, read)).map((document) => document.id);
  }
  const judgedHere = new Map(scored.map(({ id }) => [id, judgements.get(id)]));
  const evaluation = evaluate(nDCG(10), { run: runFrom(found), judgements: judgedHere });
  results.push({ name, evaluation, ms: ms / scored.length });
}
const whole = results[1];
row([
  "system",
  "nDCG@10",
  "95 %",
  `minus ${l6} over ${depth}`,
  "95 %",
  "p",
  "ms a query",
  "of its time",
]);
row(Array.from({ length: 8 }, () => "---"));
for (const { name, evaluation, ms } of results) {
  const { difference, interval, pValue } = compareMeasure(whole.evaluation, evaluation);
  row([
    name,
    evaluation.mean.toFixed(4),
    range(bootstrapInterval([...evaluation.perQuery.values()])),
    difference.toFixed(4),
    range(interval),
    pValue.toFixed(4),
    ms.toFixed(0),
    (ms / whole.ms).toFixed(2),
  ]);
}

/** A scorer that looks up what a model said. */
function saved(model, read) {
  return {
    name: model,
    scale: "logit",
    score: async (_query, texts) => ({ scores: texts.map((text) => read(model, text)) }),
  };
}

function reranked(optionsOf) {
  return async (candidates, query, read) =>
    new CrossEncoderReranker({ topN: 10, ...optionsOf(read) }).rerank(query, candidates);
}

/** Scores the pairs of each query that the file does not have yet. */
async function scoreAll(file) {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const done = new Map(lines.map((line) => JSON.parse(line)).map((each) => [each.id, each]));
  const missing = ids.filter((id) => !done.has(id));
  if (missing.length > 0) {
    const device = "cpu";
    const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device, maxTokens });
    const store = new MemoryVectorStore(embeddings);
    for (let start = 0; start < documents.length; start += 256) {
      await store.addDocuments(documents.slice(start, start + 256));
    }
    const dense = new DenseRetriever({ store, k: depth });
    const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k: depth });
    const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: depth });
    const encode = await loadTokenizer(`models/${models[0]}/tokenizer.json`);
    const scorers = models.map(
      (model) => new OnnxCrossEncoder({ model, device, maxTokens, cache: false }),
    );
    const some = documents.slice(0, 16).map(({ pageContent }) => pageContent);
    for (const scorer of scorers) await scorer.score("warm up", some);
    for (const [turn, id] of missing.entries()) {
      const query = queries.get(id);
      const candidates = await hybrid.invoke(query);
      const texts = candidates.map(({ pageContent }) => pageContent);
      const ms = {};
      const scores = {};
      for (const scorer of turn % 2 === 0 ? scorers : scorers.toReversed()) {
        const startedAt = performance.now();
        scores[scorer.name] = (await scorer.score(query, texts)).scores;
        ms[scorer.name] = performance.now() - startedAt;
      }
      const pairs = candidates.map((candidate, index) => ({
        id: candidate.id,
        tokens: Math.min(maxTokens, encode(query).length + encode(texts[index]).length + 3),
        scores: Object.fromEntries(models.map((model) => [model, scores[model][index]])),
      }));
      const line = { id, query, ms, pairs };
      done.set(id, line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      process.stderr.write(`\r${turn + 1} of ${missing.length}`);
    }
    await Promise.all([embeddings, ...scorers].map((each) => each.dispose()));
  }
  return ids.map((id) => done.get(id));
}

function coprimeNear(number, length) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let found = Math.round(number);
  while (divisor(found, length) !== 1) found += 1;
  return found;
}

function sum(items, valueOf) {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

function range({ low, high }) {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}
