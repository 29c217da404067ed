/**
 * Quality of every pipeline on the sample documents and their judged questions, as a Markdown table: nDCG@10,
 * R@5 and R@50 over sections, each section at its best passage, for each kind of question. A pool of 50 passages. The
 * fitted fusion ranks questions that it was not fitted on.
 * Run by `npm run quality`; offline, with the bundled models.
 */
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
import {
  collectPools,
  evaluate,
  fitFusion,
  nDCG,
  recall,
  runFrom,
} from "langchain-rerank/evaluation";
import { loadSampleQuestions } from "./sample-questions.mjs";

const { questions, judgements, passages } = await loadSampleQuestions();
const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const store = new MemoryVectorStore(embeddings);
await store.addDocuments(passages);
const dense = new DenseRetriever({ store });
const bm25 = await Bm25Retriever.fromDocuments(passages);
const hybrid = new HybridRetriever({ retrievers: [dense, bm25] });
const scorer = remembering(new OnnxCrossEncoder({ model: "rerank-minilm-l6", device: "cpu" }));
const reranker = new CrossEncoderReranker({ scorer });

const systems = { BM25: bm25, dense, hybrid };
const measures = [nDCG(10), recall(5), recall(50)];
const runs = new Map();
for (const [name, candidates] of Object.entries(systems)) {
  const retriever = new TwoStageRetriever({ candidates, reranker, k: 50, candidateCount: 50 });
  for (const rerank of [false, true]) {
    const found = {};
    for (const { _id, text } of questions) {
      found[_id] = sectionsOf((await retriever.search(text, { rerank })).documents);
    }
    runs.set(rerank ? `${name}, reranked` : name, runFrom(found));
  }
}

runs.set("hybrid, fitted fusion", await fittedRun());

const kinds = [...new Set(questions.map(({ metadata }) => metadata.kind))];
const head = ["measure", "system", "all", ...kinds.map((kind) => `${kind} (${countOf(kind)})`)];
console.log(row(head));
console.log(row(head.map((_title, column) => (column < 2 ? "---" : "---:"))));
for (const measure of measures) {
  for (const [name, run] of runs) {
    const values = [undefined, ...kinds].map((kind) => {
      const chosen = questions.filter(({ metadata }) => (kind ?? metadata.kind) === metadata.kind);
      const judged = new Map(chosen.map(({ _id }) => [_id, judgements.get(_id)]));
      return evaluate(measure, { run, judgements: judged }).mean.toFixed(3);
    });
    console.log(row([measure.name, name, ...values]));
  }
}
await Promise.all([embeddings.dispose(), scorer.dispose()]);

/** Every fifth question is ranked by a fusion of all stages that was fitted on the others. */
async function fittedRun() {
  const folds = 5;
  const retriever = new TwoStageRetriever({ candidates: hybrid, reranker });
  const queries = new Map(questions.map(({ _id, text }) => [_id, text]));
  const pools = await collectPools({ retriever, queries, depth: 50, idOf, warmUpQueries: 0 });
  const found = {};
  for (let fold = 0; fold < folds; fold += 1) {
    const held = questions.filter((_question, index) => index % folds === fold);
    const training = new Map(judgements);
    for (const { _id } of held) training.delete(_id);
    const blend = fitFusion({ pools, judgements: training, resamples: 1 });
    const options = { candidates: hybrid, reranker, k: 50, candidateCount: 50, blend };
    const fused = new TwoStageRetriever(options);
    for (const { _id, text } of held) found[_id] = sectionsOf(await fused.invoke(text));
  }
  return runFrom(found);
}

function countOf(kind) {
  return questions.filter(({ metadata }) => metadata.kind === kind).length;
}

function idOf({ metadata }) {
  return `${metadata.source}#${metadata.section}`;
}

/** Each section once, at its best passage. */
function sectionsOf(found) {
  return [...new Set(found.map(idOf))];
}

/** The same pairs come up behind every first stage: each is scored once. */
function remembering(inner) {
  const known = new Map();
  return {
    name: inner.name,
    scale: inner.scale,
    dispose: () => inner.dispose(),
    async score(query, texts, options) {
      const fresh = texts.filter((text) => !known.has(`${query}\n${text}`));
      const { scores } = await inner.score(query, fresh, { signal: options?.signal });
      for (const [index, text] of fresh.entries()) known.set(`${query}\n${text}`, scores[index]);
      return { scores: Float32Array.from(texts, (text) => known.get(`${query}\n${text}`)) };
    },
  };
}

function row(cells) {
  return `| ${cells.join(" | ")} |`;
}
