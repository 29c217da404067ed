/**
 * Quality against time of cascades in front of rerank-minilm-l6: late interaction with the stored token vectors of
 * all-MiniLM-L6-v2, or rerank-minilm-l3, reads all candidates, rerank-minilm-l6 the best of them. Compared with
 * rerank-minilm-l6 over all candidates, over the first of them, and with adaptive depth. A hybrid of BM25 (k1 0.9,
 * b 0.4) and all-MiniLM-L6-v2 finds `--depth` candidates for the cross-encoders and twice as many for late
 * interaction. Each scorer scores each pair once, in turns per query, and every system is then run on the saved scores,
 * so that all have the same scores. Time is the number of tokens that a system reads with a cross-encoder, times the
 * milliseconds that it took per token, in the median of the queries; late interaction counts with the median time of
 * a query. With `--scores`, a later run continues from the saved scores.
 *
 *     npm run build
 *     node test/bench/cascade.mjs <BEIR or Cranfield folder> [--queries 150] [--depth 50] [--scores file]
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
import {
  bootstrapInterval,
  compareMeasure,
  evaluate,
  nDCG,
  runFrom,
} from "langchain-rerank/evaluation";
import { CascadeScorer, MultiVectorScorer } from "langchain-rerank/rerankers";
import { loadTokenizer } from "../../dist/model/tokens/tokenizer.js";
import { median } from "./generated-passages.mjs";
import { loadCollection } from "./load-collection.mjs";

const [l3, l6] = ["rerank-minilm-l3", "rerank-minilm-l6"];
const crossEncoders = [l3, l6];
const late = "late interaction";
const maxTokens = 256;
/** How many candidates the last scorer of a cascade reads. */
const counts = [5, 10, 15, 20, 25];

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
const sampleSize = Math.min(Number(values.queries), judged.length);
/** Spread over all judged queries, and the beginning of every larger sample. */
const step = coprimeNear(0.618 * judged.length, judged.length);
const ids = Array.from({ length: sampleSize }, (_, n) => judged[(n * step) % judged.length]);
const scored = await scoreAll(values.scores ?? join(tmpdir(), `cascade.${basename(folder)}.jsonl`));

const msPerToken = Object.fromEntries(
  crossEncoders.map((model) => [
    model,
    median(
      scored.map(
        ({ ms, pairs }) =>
          ms[model] / sum(pairs, ({ scores, tokens }) => (model in scores ? tokens : 0)),
      ),
    ),
  ]),
);
const lateMs = median(scored.map(({ ms }) => ms[late]));
console.log(
  `\n${scored.length} queries, ms per token: ` +
    crossEncoders.map((model) => `${model} ${msPerToken[model].toFixed(3)}`).join(", ") +
    `, ${late} over ${2 * depth}: ${lateMs.toFixed(1)} ms`,
);

const systems = [
  ["hybrid, not reranked", (candidates) => candidates.slice(0, depth)],
  [`${l6} over ${depth}`, over(depth, (read) => ({ scorer: saved(l6, read) }))],
  [`${l3} over ${depth}`, over(depth, (read) => ({ scorer: saved(l3, read) }))],
  ["adaptive depth", over(depth, (read) => ({ scorer: saved(l6, read), adaptiveDepth: true }))],
  ...[depth, 2 * depth].map((all) => [
    `${late} over ${all}`,
    over(all, (read) => ({ scorer: saved(late, read) })),
  ]),
  ...counts.map((first) => [
    `${l6} over the first ${first}`,
    over(first, (read) => ({ scorer: saved(l6, read) })),
  ]),
  ...[
    [l3, depth],
    [late, depth],
    [late, 2 * depth],
  ].flatMap(([fast, all]) =>
    counts.map((candidateCount) => [
      `${fast} over ${all}, ${l6} over the best ${candidateCount}`,
      over(all, (read) => ({
        scorer: new CascadeScorer({
          stages: [{ scorer: saved(fast, read) }, { scorer: saved(l6, read), candidateCount }],
        }),
      })),
    ]),
  ),
];
const results = [];
for (const [name, rank] of systems) {
  const found = {};
  let ms = 0;
  for (const { id, query, pairs } of scored) {
    // Documents with the same text have the same scores, though a model may have been asked for one of them only.
    const known = new Map();
    for (const { id: of, tokens, scores } of pairs) {
      const text = textOf.get(of);
      known.set(text, { tokens, scores: { ...known.get(text)?.scores, ...scores } });
    }
    const read = (model, texts) => {
      const these = texts.map((text) => known.get(text));
      ms += model === late ? lateMs : sum(these, ({ tokens }) => tokens) * msPerToken[model];
      return these.map(({ scores }) => {
        if (!(model in scores)) throw new Error(`${model} did not score a pair of ${id}.`);
        return scores[model];
      });
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
    score: async (_query, texts) => ({ scores: read(model, texts) }),
  };
}

/** Reranks the first `count` candidates. */
function over(count, optionsOf) {
  return async (candidates, query, read) =>
    new CrossEncoderReranker({ topN: 10, ...optionsOf(read) }).rerank(
      query,
      candidates.slice(0, count),
    );
}

/** Scores the pairs of each query that the file does not have yet. */
async function scoreAll(file) {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const done = new Map(lines.map((line) => JSON.parse(line)).map((each) => [each.id, each]));
  const missing = ids.filter((id) => !done.has(id));
  if (missing.length > 0) {
    const encoder = { model: "all-MiniLM-L6-v2", device: "cpu", maxTokens };
    const embeddings = new OnnxEmbeddings(encoder);
    const store = new MemoryVectorStore(embeddings);
    for (let start = 0; start < documents.length; start += 256) {
      await store.addDocuments(documents.slice(start, start + 256));
    }
    const k = 2 * depth;
    const dense = new DenseRetriever({ store, k });
    const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k });
    const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k });
    const found = new Map();
    for (const id of missing) found.set(id, await hybrid.invoke(queries.get(id)));

    const scratch = mkdtempSync(join(tmpdir(), "cascade-"));
    const multiVector = new MultiVectorScorer({
      ...encoder,
      vectors: join(scratch, "passages.vectors"),
    });
    const passages = [...found.values()].flat().map(({ pageContent }) => pageContent);
    await multiVector.store([...new Set(passages)], {
      onProgress: ({ stored }) => process.stderr.write(`\rstored ${stored}`),
    });
    const encode = await loadTokenizer(`models/${l6}/tokenizer.json`);
    const scorers = crossEncoders.map(
      (model) => new OnnxCrossEncoder({ model, device: "cpu", maxTokens, cache: false }),
    );
    const some = documents.slice(0, 16).map(({ pageContent }) => pageContent);
    for (const scorer of [multiVector, ...scorers]) await scorer.score("warm up", some);
    for (const [turn, id] of missing.entries()) {
      const query = queries.get(id);
      const texts = found.get(id).map(({ pageContent }) => pageContent);
      const lateSince = performance.now();
      const lateScores = (await multiVector.score(query, texts)).scores;
      const ms = { [late]: performance.now() - lateSince };
      const pairs = texts.map((text, index) => ({
        id: found.get(id)[index].id,
        tokens: Math.min(maxTokens, encode(query).length + encode(text).length + 3),
        scores: { [late]: lateScores[index] },
      }));
      const best = new Set(
        pairs.toSorted((a, b) => b.scores[late] - a.scores[late]).slice(0, Math.max(...counts)),
      );
      for (const scorer of turn % 2 === 0 ? scorers : scorers.toReversed()) {
        const read = pairs.filter(
          (pair, index) => index < depth || (scorer.name === l6 && best.has(pair)),
        );
        const since = performance.now();
        const { scores } = await scorer.score(
          query,
          read.map((pair) => textOf.get(pair.id)),
        );
        ms[scorer.name] = performance.now() - since;
        for (const [index, pair] of read.entries()) pair.scores[scorer.name] = scores[index];
      }
      const line = { id, query, ms, pairs };
      done.set(id, line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      process.stderr.write(`\r${turn + 1} of ${missing.length}`);
    }
    await Promise.all([embeddings, multiVector, ...scorers].map((each) => each.dispose()));
    rmSync(scratch, { recursive: true });
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
