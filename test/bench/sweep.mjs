/**
 * Whether one pass predicts a sweep: pools of the sample documents are scored once up to 100
 * candidates, and in addition every depth is really run, all depths of a query in turn, so that
 * other work slows down each.
 *
 *     npm run build && node test/bench/sweep.mjs [queries]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  loadFolder,
  OnnxEmbeddings,
  splitPassages,
  TwoStageRetriever,
} from "langchain-rerank";
import { nDCG, readJudgements } from "langchain-rerank/evaluation";
import { collectPools } from "../../dist/evaluation/sweep/collect-pools.js";
import { sweep } from "../../dist/evaluation/sweep/sweep.js";

const [limit = 24] = process.argv.slice(2).map(Number);
const folder = join(import.meta.dirname, "../../sample_documents");
const all = readFileSync(join(folder, "queries.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const step = Math.max(1, Math.floor(all.length / limit));
const questions = all.filter((_question, index) => index % step === 0).slice(0, limit);
const queries = new Map(questions.map(({ _id, text }) => [_id, text]));
const judged = await readJudgements(join(folder, "qrels.tsv"));
const judgements = new Map([...queries.keys()].map((id) => [id, judged.get(id)]));

const { documents } = await loadFolder(folder, { ignore: ["README.md"] });
const passages = await splitPassages(documents);
const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const store = new MemoryVectorStore(embeddings);
await store.addDocuments(passages);
const retrievers = [new DenseRetriever({ store }), await Bm25Retriever.fromDocuments(passages)];
const candidates = new HybridRetriever({ retrievers, k: 100 });
// Every depth scores the same pairs: a cache would know them.
const model = { model: "rerank-minilm-l6", device: "cpu", cache: false };
const reranker = new CrossEncoderReranker(model);
const retriever = new TwoStageRetriever({ candidates, reranker });
const idOf = ({ metadata }) => `${metadata.source}#${metadata.section}`;

const counts = [10, 20, 30, 50, 75, 100];
const took = new Map(counts.map((count) => [count, []]));
let otherMs = 0;
/** Gives the deepest search, and runs the others before or after it. */
const inTurn = {
  reranker,
  async search(text, options) {
    if (!options.rerank || text.startsWith("warm up")) return retriever.search(text, options);
    const turn = took.get(100).length;
    let deepest;
    for (let place = 0; place < counts.length; place += 1) {
      const count = counts[(turn + place) % counts.length];
      const trace = await retriever.search(text, { k: count, candidateCount: count });
      took.get(count).push(trace.milliseconds);
      if (count === 100) deepest = trace;
      else otherMs += trace.milliseconds;
    }
    return deepest;
  },
};
const [pools, collectMs] = await timed(() =>
  collectPools({ retriever: inTurn, queries, depth: 100, idOf, warmUpQueries: 1 }),
);
const [swept, sweepMs] = await timed(() => sweep({ pools, judgements, measures: [nDCG(10)] }));

const { cost } = pools.scorer;
console.log(`${queries.size} queries; a pair costs ${cost?.fixedMs.toFixed(2)} ms and `);
console.log(
  `${cost?.perTokenMs.toFixed(3)} ms a token; prefixes ${JSON.stringify(pools.prefixes)}\n`,
);
console.log("| candidates | foretold ms | took ms | ratio | nDCG@10 |");
console.log("| ---: | ---: | ---: | ---: | ---: |");
for (const { candidateCount, latency, evaluations } of swept.points) {
  const real = mean(took.get(candidateCount));
  const cells = [candidateCount, latency.mean.toFixed(0), real.toFixed(0)];
  cells.push((latency.mean / real).toFixed(2), evaluations[0].mean.toFixed(4));
  console.log(`| ${cells.join(" | ")} |`);
}
const deepestMs = took.get(100).reduce((sum, each) => sum + each, 0);
const wholeMs = collectMs - otherMs + sweepMs;
console.log(`\nSearching at the largest depth alone: ${seconds(deepestMs)}; the whole sweep, with`);
console.log(
  `warm-up and checks: ${seconds(wholeMs)}, ${(wholeMs / deepestMs).toFixed(3)} times as long.`,
);
await Promise.all([embeddings.dispose(), reranker.dispose()]);

async function timed(work) {
  const startedAt = performance.now();
  const result = await work();
  return [result, performance.now() - startedAt];
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
