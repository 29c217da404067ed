/**
 * Quality of every pipeline on a public collection, whole test set: BM25 (k1 0.9, b 0.4), dense (all-MiniLM-L6-v2,
 * exact) and both fused by reciprocal rank, each alone and reranked by rerank-minilm-l6 in a window of 256 tokens;
 * what the gate says of each and of planted harm; and the held-out quality of its choice, compared with the best
 * single system. A pair is scored once, even if several pools contain it, so this says nothing about time. Takes
 * about 20 minutes on two cores; with `--pools`, the scores are kept in files with that prefix, and a later run
 * continues from them.
 *
 *     npm run build
 *     node test/bench/collections.mjs <BEIR or Cranfield folder> [--pools prefix] [--queries n] [--depth 100]
 */
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
import { chooseConfiguration } from "../../dist/evaluation/gate/choose-configuration.js";
import { crossValidate } from "../../dist/evaluation/gate/cross-validate.js";
import { collectPools } from "../../dist/evaluation/sweep/collect-pools.js";
import { sweep } from "../../dist/evaluation/sweep/sweep.js";
import { toRelevance } from "../../dist/ranking/relevance.js";
import { loadCollection } from "./load-collection.mjs";

/** Scores what no earlier pool has scored. */
class OncePerPair extends OnnxCrossEncoder {
  async score(query, texts, options) {
    const places = known.get(query);
    const scores = Float32Array.from(texts, (text) => places.get(text)?.rawScore ?? Number.NaN);
    const truncatedTokens = Uint32Array.from(
      texts,
      (text) => places.get(text)?.truncatedTokens ?? 0,
    );
    const missing = [...texts.keys()].filter((index) => !places.has(texts[index]));
    const missingTexts = missing.map((index) => texts[index]);
    const fresh = await super.score(query, missingTexts, options);
    for (const [place, index] of missing.entries()) {
      scores[index] = fresh.scores[place];
      truncatedTokens[index] = fresh.truncatedTokens[place];
    }
    const unscored = new Map(
      Array.from(fresh.unscored, ([place, reason]) => [missing[place], reason]),
    );
    return { scores, truncatedTokens, unscored };
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pools: { type: "string" },
    queries: { type: "string", default: "Infinity" },
    depth: { type: "string", default: "100" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of a collection.");
const depth = Number(values.depth);
const { documents, queries, judgements } = firstQueries(
  await loadCollection(folder),
  Number(values.queries),
);
const measures = [nDCG(10)];
const gateBlends = [0.25, 0.5, 0.75, 1];
console.error(`${documents.length} documents, ${queries.size} queries`);

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu", maxTokens: 256 });
const store = new MemoryVectorStore(embeddings);
for (let start = 0; start < documents.length; start += 256) {
  await store.addDocuments(documents.slice(start, start + 256));
  process.stderr.write(`\rembedded ${Math.min(start + 256, documents.length)}`);
}
const dense = new DenseRetriever({ store, k: depth });
const bm25 = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4, k: depth });
const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: depth });
const textOf = new Map(documents.map(({ id, pageContent }) => [id, pageContent]));
/** What earlier pools say of a pair, by its query and its text. */
const known = new Map([...queries.values()].map((query) => [query, new Map()]));
const model = { model: "rerank-minilm-l6", device: "cpu", maxTokens: 256, cache: false };
const scorer = new OncePerPair(model);
const reranker = new CrossEncoderReranker({ scorer });

const systems = new Map();
const gates = new Map();
for (const [name, candidates] of Object.entries({ BM25: bm25, dense, hybrid })) {
  const pools = await collectPools({
    retriever: new TwoStageRetriever({ candidates, reranker }),
    queries,
    depth,
    resumeFrom: values.pools && `${values.pools}.${name}.jsonl`,
    onProgress: ({ done, total, leftMs }) =>
      process.stderr.write(
        `\r${name}: ${done} of ${total}, ${(leftMs / 60_000).toFixed(1)} min left  `,
      ),
  });
  remember(pools);
  console.error(
    `\n${name}: ${pools.failures.size} failed, prefixes ${JSON.stringify(pools.prefixes)}`,
  );
  const swept = sweep({ pools, judgements, measures, blends: gateBlends });
  const whole = swept.points.find((point) => point.candidateCount === depth && point.blend === 1);
  systems.set(name, swept.firstStage);
  systems.set(`${name}, ${depth} reranked`, whole);
  const configuration = chooseConfiguration({ pools, judgements, measures });
  gates.set(name, { pools, configuration, swept });
}

table(["system", "nDCG@10", "95 % interval"]);
for (const [name, point] of systems) {
  const [{ mean }] = point.evaluations;
  row([name, mean.toFixed(4), range(point.intervals[0])]);
}
console.log();
table(["first stage", "best in hindsight", "oracle", "the gate"]);
for (const [name, { swept, configuration }] of gates) {
  const { best, oracle } = swept;
  row([name, pointName(best), oracle.mean.toFixed(4), configuration.reason]);
}

console.log();
table(["planted harm, over the hybrid pool", "the gate"]);
const harm = {
  "scores at random": () => Math.random() * 8 - 4,
  "scores upside down": ({ rawScore }) => -rawScore,
};
for (const [name, scoreOf] of Object.entries(harm)) {
  const pools = harmed(gates.get("hybrid").pools, scoreOf);
  row([name, chooseConfiguration({ pools, judgements, measures }).reason]);
}

const [bestName, best] = [...systems].toSorted((a, b) => meanOf(b[1]) - meanOf(a[1]))[0];
console.log(`\nHeld out, against the best single system, ${bestName}:\n`);
table(["chosen on the other folds from", "nDCG@10", "difference", "95 % interval", "p", "chosen"]);
const chosenFrom = new Map([...gates].map(([name, gate]) => [name, [gate]]));
chosenFrom.set("all of them", [...gates.values()]);
for (const [name, some] of chosenFrom) {
  const [base, ...others] = some.flatMap(({ swept }) => [swept.firstStage].concat(swept.points));
  const { heldOut, folds } = crossValidate(measured(base), others.map(measured), { folds: 5 });
  const compared = compareMeasure(best.evaluations[0], heldOut);
  const { difference, interval, pValue } = compared;
  const choices = [...new Set(folds.map(({ settings }) => settingsName(settings)))].join("; ");
  row([
    name,
    heldOut.mean.toFixed(4),
    difference.toFixed(4),
    range(interval),
    pValue.toFixed(4),
    choices,
  ]);
}
await Promise.all([embeddings.dispose(), scorer.dispose()]);

function remember({ pools }) {
  for (const [id, { documents: scored }] of pools) {
    const places = known.get(queries.get(id));
    for (const document of scored) places.set(textOf.get(document.id), document);
  }
}

function harmed(pools, scoreOf) {
  const changed = Array.from(pools.pools, ([id, pool]) => {
    const scored = pool.documents.map((document) => {
      const rawScore = scoreOf(document);
      const [relevance] = toRelevance([rawScore], scorer.scale);
      return { ...document, rawScore, relevance };
    });
    return [id, { ...pool, documents: scored }];
  });
  return { ...pools, pools: new Map(changed) };
}

function firstQueries({ documents: found, queries: texts, judgements: judged }, limit) {
  const ids = [...judged.keys()].slice(0, limit);
  return {
    documents: found,
    queries: new Map(ids.map((id) => [id, texts.get(id)])),
    judgements: new Map(ids.map((id) => [id, judged.get(id)])),
  };
}

function measured({ evaluations: [evaluation], ...point }) {
  return { ...point, evaluation };
}

function meanOf({ evaluations }) {
  return evaluations[0].mean;
}

function settingsName({ candidateCount, blend }) {
  return candidateCount === undefined ? "no reranking" : `${candidateCount} at ${blend}`;
}

function pointName(point) {
  return `${settingsName(point)}: ${meanOf(point).toFixed(4)}`;
}

function range({ low, high }) {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

function table(titles) {
  row(titles);
  row(titles.map(() => "---"));
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}
