/**
 * Quality of a fitted fusion on held-out queries, against every system that it is made of: BM25 (k1 0.9, b 0.4), dense
 * (all-MiniLM-L6-v2, exact), both fused by reciprocal rank, and the fused list reranked by a cross-encoder in a window
 * of 256 tokens, alone or blended. For each of five folds the fusion is fitted on the other four; its L2 penalty, too,
 * is chosen on them alone. Takes about 10 minutes on two cores; with `--pools`, the scored pools are kept in a file,
 * and a later run continues.
 *
 *     npm run build
 *     node test/bench/fitted-fusion.mjs <sample_documents, or a BEIR or Cranfield folder> [--pools file]
 *       [--reranker rerank-minilm-l6] [--depth 50] [--seed 1]
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxEmbeddings,
  TwoStageRetriever,
} from "langchain-rerank";
import {
  bootstrapInterval,
  collectPools,
  compareMeasure,
  evaluate,
  fitFusion,
  nDCG,
  runFrom,
} from "langchain-rerank/evaluation";
import { shuffled } from "../../dist/evaluation/comparison/shuffled.js";
import { rankPool } from "../../dist/evaluation/sweep/rank-pool.js";
import { orderByFusion } from "../../dist/ranking/fitted-fusion.js";
import { loadCollection } from "./load-collection.mjs";
import { loadSampleQuestions } from "./sample-questions.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pools: { type: "string" },
    reranker: { type: "string", default: "rerank-minilm-l6" },
    depth: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of a collection.");
const [depth, seed, folds] = [Number(values.depth), Number(values.seed), 5];
const { documents, queries, judgements, idOf } = await load(folder);
console.error(`${documents.length} documents, ${queries.size} queries`);

const model = { device: "cpu", maxTokens: 256 };
const embeddings = new OnnxEmbeddings({ ...model, model: "all-MiniLM-L6-v2" });
const store = new MemoryVectorStore(embeddings);
for (let start = 0; start < documents.length; start += 256) {
  await store.addDocuments(documents.slice(start, start + 256));
  process.stderr.write(`\rembedded ${Math.min(start + 256, documents.length)}`);
}
const dense = new DenseRetriever({ store, k: depth });
const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k: depth });
const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: depth });
const reranker = new CrossEncoderReranker({ ...model, model: values.reranker, cache: false });
const pools = await collectPools({
  retriever: new TwoStageRetriever({ candidates: hybrid, reranker }),
  queries,
  depth,
  idOf,
  resumeFrom: values.pools,
  onProgress: ({ done, total, leftMs }) =>
    process.stderr.write(`\r${done} of ${total}, ${(leftMs / 60_000).toFixed(1)} min left  `),
});
console.error(`\n${pools.failures.size} failed`);

const reranked = (blend) => ranked((list) => rankPool(list, settingsOf(blend), pools.scorer.scale));
const single = new Map([
  ["BM25", await found(bm25)],
  ["dense", await found(dense)],
  ["hybrid", ranked((list) => list)],
  ["hybrid, reranked", reranked(1)],
  ...[0.25, 0.5, 0.75].map((blend) => [`hybrid, blend ${blend}`, reranked(blend)]),
]);
const fitted = new Map([
  ["fitted, first stage only", heldOut("first-stage")],
  ["fitted fusion", heldOut("all")],
]);
await Promise.all([embeddings.dispose(), reranker.dispose()]);

const systems = [...single, ...fitted].map(([name, run]) => ({
  name,
  evaluation: evaluate(nDCG(10), { run: runFrom(run), judgements }),
}));
const ours = systems.at(-1);
const best = systems
  .filter(({ name }) => single.has(name) && !name.includes("blend")) // Which blend is best shows only in hindsight.
  .toSorted((a, b) => b.evaluation.mean - a.evaluation.mean)[0];
console.log(`${basename(folder)}, ${values.reranker}; the best single system is ${best.name}\n`);
row(["system", "nDCG@10", "95 % interval", "fitted fusion minus it", "95 % interval", "p"]);
row(["---", "---:", "---", "---:", "---", "---:"]);
for (const { name, evaluation } of systems) {
  const interval = range(bootstrapInterval([...evaluation.perQuery.values()]));
  const { difference, interval: gain, pValue } = compareMeasure(evaluation, ours.evaluation);
  const compared =
    evaluation === ours.evaluation ? [] : [difference.toFixed(4), range(gain), pValue.toFixed(4)];
  row([name, evaluation.mean.toFixed(4), interval, ...compared]);
}
const whole = fitFusion({ pools, judgements, seed });
console.log(`\nFitted on all ${whole.queries} queries, penalty ${whole.penalty}:\n`);
row(["feature", "weight", "95 % interval"]);
row(["---", "---:", "---"]);
for (const { feature, weight, interval } of whole.weights) {
  row([feature, weight.toFixed(2), `${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}`]);
}

/** Each query in the order of the fusion that was fitted on the other folds. */
function heldOut(features) {
  const ids = shuffled(judgements.keys(), seed);
  const rankings = Array.from({ length: folds }, (_, fold) => {
    const isHeld = (_id, index) => index % folds === fold;
    const training = ids.filter((id, index) => !isHeld(id, index));
    const judged = new Map(training.map((id) => [id, judgements.get(id)]));
    const fusion = fitFusion({ pools, judgements: judged, features, seed, resamples: 1 });
    const order =
      features === "all"
        ? (list) => rankPool(list, settingsOf(fusion), pools.scorer.scale)
        : (list) => orderByFusion(list, fusion).map(({ item }) => item);
    return ranked(order, ids.filter(isHeld));
  });
  return Object.assign({}, ...rankings);
}

function settingsOf(blend) {
  return { candidateCount: depth, blend, scoreThreshold: undefined };
}

function ranked(order, ids = [...judgements.keys()]) {
  return Object.fromEntries(
    ids.map((id) => [id, idsOf(order(pools.pools.get(id)?.documents ?? []))]),
  );
}

async function found(retriever) {
  const run = {};
  for (const [id, text] of queries) {
    const list = await retriever.invoke(text);
    run[id] = idsOf(list.map((document) => ({ id: idOf?.(document) ?? document.id })));
  }
  return run;
}

/** Each id once, at its best rank. */
function idsOf(list) {
  return [...new Set(list.map(({ id }) => id))];
}

async function load(path) {
  if (basename(path) !== "sample_documents") {
    const { documents: all, queries: texts, judgements: grades } = await loadCollection(path);
    const judged = new Map([...grades].filter(([, each]) => each.size > 0));
    return { documents: all, queries: pick(texts, judged.keys()), judgements: judged };
  }
  const { questions, judgements: grades, passages } = await loadSampleQuestions();
  return {
    documents: passages,
    queries: new Map(questions.map(({ _id, text }) => [_id, text])),
    judgements: grades,
    idOf: ({ metadata }) => `${metadata.source}#${metadata.section}`,
  };
}

function pick(texts, ids) {
  return new Map(Array.from(ids, (id) => [id, texts.get(id)]));
}

function range({ low, high }) {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}
