/**
 * A bake-off on the sample documents: the two bundled rerankers, the cosine of the bi-encoder as a scorer, a
 * planted scorer with random scores, and no reranking, over dense, BM25 and hybrid search. Prints the
 * recommendation for three budgets, and then runs some of its entries by hand: whether each query has the same
 * ranking, and the mean time by hand beside the forecast (the median of nine rounds below 20 ms). Run it on an idle
 * machine.
 *
 *     npm run build
 *     node test/bench/bake-off.mjs [--queries 170] [--pools file]
 */
import { createHash } from "node:crypto";
import { cpus } from "node:os";
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
import { bakeOff, collectBakeOff, nDCG } from "langchain-rerank/evaluation";
import { CascadeScorer } from "langchain-rerank/rerankers";
import { mean, median } from "simple-statistics";
import { loadSampleQuestions } from "./sample-questions.mjs";

const { values } = parseArgs({
  options: { queries: { type: "string", default: "170" }, pools: { type: "string" } },
});
const depth = 50;
const sample = await loadSampleQuestions();
const { passages } = sample;
const queries = new Map(
  sample.questions.slice(0, Number(values.queries)).map(({ _id, text }) => [_id, text]),
);
const judgements = new Map([...sample.judgements].filter(([id]) => queries.has(id)));

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const store = new MemoryVectorStore(embeddings);
await store.addDocuments(passages);
const dense = new DenseRetriever({ store, k: depth });
const bm25 = await Bm25Retriever.fromDocuments(passages, { k: depth });
const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: depth });
const firstStages = { dense, bm25, hybrid };

const texts = passages.map(({ pageContent }) => pageContent);
const vectors = await embeddings.embedDocuments(texts);
const vectorOf = new Map(texts.map((text, index) => [text, vectors[index]]));
/** The cosine of the bi-encoder, whose vectors have length 1; only the query is embedded. */
const cosine = {
  name: "cosine",
  scale: "unbounded",
  score: async (query, some) => {
    const own = await embeddings.embedQuery(query);
    const dot = (vector) => vector.reduce((sum, value, index) => sum + value * own[index], 0);
    return { scores: some.map((text) => dot(vectorOf.get(text))) };
  },
};
/** Scores by a hash of query and text. */
const planted = {
  name: "planted",
  scale: "probability",
  score: async (query, some) => ({
    scores: some.map((text) => {
      let hash = 7;
      for (const letter of query + text) {
        hash = (Math.imul(hash, 31) + letter.codePointAt(0)) >>> 0;
      }
      return (hash % 1009) / 1009;
    }),
  }),
};
const models = ["rerank-minilm-l3", "rerank-minilm-l6"];
const rerankers = Object.fromEntries([
  ...models.map((model) => [
    model,
    new CrossEncoderReranker({ model, device: "cpu", cache: false }),
  ]),
  ["cosine", new CrossEncoderReranker({ scorer: cosine })],
  ["planted", new CrossEncoderReranker({ scorer: planted })],
]);
const idOf = ({ metadata }) => `${metadata.source}#${metadata.section}`;
const pools = await collectBakeOff({
  firstStages,
  rerankers,
  queries,
  depth,
  idOf,
  warmUpQueries: 10,
  resumeFrom: values.pools,
  onProgress: ({ done, total }) => process.stderr.write(`\r${done} of ${total}`),
});
console.log(
  `\n${queries.size} questions, ${cpus().length} cores of ${cpus()[0].model}, Node ${process.version}\n`,
);

/** As a measure, so that each entry says for each query which ranking it has. */
const fingerprint = {
  name: "fingerprint",
  ofRanking: (ids) => createHash("sha256").update(ids.join("\n")).digest().readUInt32BE() / 2 ** 32,
};
const common = { pools, judgements, measures: [nDCG(10), fingerprint] };
const free = bakeOff(common);
for (const maxLatencyMs of [50, 150, undefined]) {
  const { configuration, front } = bakeOff({ ...common, maxLatencyMs });
  const hasPlanted = front.some(({ reranker }) => reranker.includes("planted"));
  console.log(
    `budget ${maxLatencyMs ?? "none"}: ${configuration.reason} The planted scorer is ${hasPlanted ? "" : "not "}on the front.\n`,
  );
}
for (const { firstStage, reranker, comparison, isAdmitted } of free.admissions) {
  const { difference, pValue } = comparison;
  console.log(
    `${firstStage} + ${reranker}: ${difference.toFixed(4)}, p ${pValue.toFixed(4)}, ${isAdmitted ? "" : "not "}admitted`,
  );
}
for (const { rerankers: pair, rankCorrelation, overlapAt10 } of free.agreements) {
  console.log(
    `${pair.join(" and ")}: rank correlation ${rankCorrelation.toFixed(3)}, shared first ten ${overlapAt10.toFixed(3)}`,
  );
}

console.log(
  "\n| entry | queries ranked the same | nDCG@10 | forecast ms | ms by hand | forecast / by hand |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
const wanted = [
  "bm25, not reranked",
  "hybrid, not reranked",
  "hybrid + rerank-minilm-l6, 50 candidates",
  "hybrid + rerank-minilm-l6, 20 candidates, blend 0.5",
  "dense + rerank-minilm-l3, 30 candidates",
  "bm25 + cosine, 50 candidates",
  "dense + rerank-minilm-l3 → rerank-minilm-l6 over the best 10, 50 candidates",
];
const rows = wanted.map((name) => {
  const entry = free.entries.find((one) => one.name === name);
  const { candidateCount, blend } = entry.settings;
  const rerank = candidateCount !== undefined;
  const retriever = new TwoStageRetriever({
    candidates: firstStages[entry.firstStage],
    reranker: rerankerOf(entry.reranker),
    rerank,
    k: candidateCount ?? depth,
    candidateCount: candidateCount ?? depth,
    ...(rerank && { blend }),
  });
  return { name, entry, retriever, rounds: [] };
});
// Short ones take turns, as they do in the bake-off.
for (let round = 0; round < 9; round += 1) {
  for (const row of rows) {
    const { entry, retriever, rounds } = row;
    if (round > 0 && entry.latency.mean >= 20) continue;
    await retriever.search("warm up");
    const traces = new Map();
    for (const [id, text] of queries) traces.set(id, await retriever.search(text));
    rounds.push(mean([...traces.values()].map(({ milliseconds }) => milliseconds)));
    // Compared only now, so that nothing runs between two searches.
    row.same = 0;
    for (const [id, { documents }] of traces) {
      const ids = [...new Set(documents.map(idOf))];
      row.same += Number(fingerprint.ofRanking(ids) === entry.evaluations[1].perQuery.get(id));
    }
  }
}
for (const { name, entry, rounds, same } of rows) {
  const forecast = entry.latency.mean;
  const byHand = median(rounds);
  console.log(
    `| ${name} | ${same} of ${queries.size} | ${entry.evaluations[0].mean.toFixed(4)} | ${forecast.toFixed(2)} | ${byHand.toFixed(2)} | ${(forecast / byHand).toFixed(2)} |`,
  );
}
await Promise.all([embeddings, ...Object.values(rerankers)].map((each) => each.dispose()));

function rerankerOf(name) {
  if (name === "none") return rerankers["cosine"];
  if (name in rerankers) return rerankers[name];
  const [, fast, slow, count] = /^(.+) → (.+) over the best (\d+)$/.exec(name);
  const stages = [
    { scorer: rerankers[fast].scorer },
    { scorer: rerankers[slow].scorer, candidateCount: Number(count) },
  ];
  return new CrossEncoderReranker({ scorer: new CascadeScorer({ stages }) });
}
