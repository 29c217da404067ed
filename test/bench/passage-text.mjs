/**
 * Whether models rank the sample documents better if they also read headings above a passage: nDCG@10 over
 * sections, 50 candidates, and the paired difference from reading `pageContent` alone, for
 *
 * - above: the headings that the passage does not begin with, on a line of their own;
 * - path: the whole path, for passages that begin with no heading;
 * - last: only the innermost heading, for the same passages.
 *
 *     npm run build && node test/bench/passage-text.mjs [reranker] [file that keeps the scores]
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Document } from "@langchain/core/documents";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxCrossEncoder,
  OnnxEmbeddings,
  passageText,
} from "langchain-rerank";
import { compareChallengers, evaluate, nDCG, runFrom } from "langchain-rerank/evaluation";
import { loadSampleQuestions } from "./sample-questions.mjs";

const [model = "rerank-minilm-l6", file] = process.argv.slice(2);
const { questions, judgements, passages } = await loadSampleQuestions();
const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const scores = new Map(file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []);
const crossEncoder = new OnnxCrossEncoder({ model, device: "cpu" });
const scorer = { name: model, scale: crossEncoder.scale, score };

const isHeaded = ({ pageContent }) => pageContent.startsWith("#");
const below = (headings, { pageContent }) =>
  headings === "" ? pageContent : `${headings}\n\n${pageContent}`;
const readings = {
  pageContent: ({ pageContent }) => pageContent,
  above: (passage) => passageText(passage, { passageFields: ["headingPath"] }),
  path: (passage) => below(isHeaded(passage) ? "" : passage.metadata.headingPath, passage),
  last: (passage) =>
    below(isHeaded(passage) ? "" : passage.metadata.headingPath.split(" > ").at(-1), passage),
};
console.log(
  `${passages.length} passages, ${passages.filter(isHeaded).length} begin with a heading`,
);

/** Each passage as the model reads it, under its own id. */
const read = Object.fromEntries(
  Object.entries(readings).map(([name, textOf]) => [
    name,
    new Map(
      passages.map((each) => {
        const { id, metadata } = each;
        return [id, new Document({ id, metadata, pageContent: textOf(each) })];
      }),
    ),
  ]),
);
const first = {};
for (const name of Object.keys(readings)) {
  const texts = [...read[name].values()];
  const store = new MemoryVectorStore(embeddings);
  await store.addDocuments(texts);
  const dense = new DenseRetriever({ store });
  const bm25 = await Bm25Retriever.fromDocuments(texts);
  first[name] = { dense, BM25: bm25, hybrid: new HybridRetriever({ retrievers: [dense, bm25] }) };
}

const measure = nDCG(10);
const reranker = new CrossEncoderReranker({ scorer, topN: 50 });
for (const stage of ["dense", "BM25", "hybrid"]) {
  const systems = new Map();
  for (const name of Object.keys(readings)) {
    systems.set(`${stage} reads ${name}`, (query) => candidatesOf(stage, name, query));
  }
  await compare(systems);
}
for (const name of ["above", "last", "path"]) {
  for (const stage of ["dense", "BM25", "hybrid"]) {
    await compare(
      new Map([
        [`${stage}, reranked`, reranked(stage, "pageContent", "pageContent")],
        [`${stage}, the reranker reads ${name}`, reranked(stage, "pageContent", name)],
        [`${stage} reads ${name}, reranked`, reranked(stage, name, "pageContent")],
        [`${stage}, both read ${name}`, reranked(stage, name, name)],
      ]),
    );
    if (file) writeFileSync(file, JSON.stringify([...scores]));
  }
}
await Promise.all([embeddings.dispose(), crossEncoder.dispose()]);

function candidatesOf(stage, reading, query) {
  return first[reading][stage].candidates(query, { k: 50 });
}

function reranked(stage, found, reading) {
  return async (query) => {
    const candidates = await candidatesOf(stage, found, query);
    return reranker.rerank(
      query,
      candidates.map(({ id }) => read[reading].get(id)),
    );
  };
}

/** Prints each system's mean, and its difference from the first one. */
async function compare(systems) {
  const evaluations = new Map();
  for (const [name, search] of systems) {
    const found = {};
    for (const { _id, text } of questions) found[_id] = sectionsOf(await search(text));
    evaluations.set(name, [evaluate(measure, { run: runFrom(found), judgements })]);
  }
  const [[name, baseline], ...challengers] = evaluations;
  console.log(`| ${name} | ${baseline[0].mean.toFixed(4)} | | | ${byKind(baseline[0])} |`);
  for (const [challenger, [result]] of compareChallengers(baseline, new Map(challengers))) {
    const { challengerMean, difference, interval, pValue, adjustedPValue } = result;
    const [lower, upper] = [interval.low, interval.high].map((end) => end.toFixed(4));
    console.log(
      `| ${challenger} | ${challengerMean.toFixed(4)} | ${difference.toFixed(4)} (${lower} to ${upper}) | ${pValue.toFixed(4)} / ${adjustedPValue.toFixed(4)} | ${byKind(evaluations.get(challenger)[0])} |`,
    );
  }
}

function byKind({ perQuery }) {
  const kinds = [...new Set(questions.map(({ metadata }) => metadata.kind))];
  return kinds
    .map((kind) => {
      const ids = questions.filter(({ metadata }) => metadata.kind === kind).map(({ _id }) => _id);
      const sum = ids.reduce((total, id) => total + perQuery.get(id), 0);
      return `${kind} ${(sum / ids.length).toFixed(3)}`;
    })
    .join(", ");
}

/** Each section once, at its best passage. */
function sectionsOf(found) {
  return [...new Set(found.map(({ metadata }) => `${metadata.source}#${metadata.section}`))];
}

/** Scores each pair once: the same come up behind every first stage. */
async function score(query, texts, options) {
  const fresh = texts.filter((text) => !scores.has(`${query}\n${text}`));
  const found = await crossEncoder.score(query, fresh, { signal: options?.signal });
  for (const [index, text] of fresh.entries()) scores.set(`${query}\n${text}`, found.scores[index]);
  return { scores: Float32Array.from(texts, (text) => scores.get(`${query}\n${text}`)) };
}
