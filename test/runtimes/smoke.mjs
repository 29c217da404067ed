/**
 * Indexes ten passages, searches, reranks, answers and ends, in whichever runtime runs it. Throws where a result is
 * wrong, and prints nothing: whatever appears on stderr is a warning. Needs `dist/` and the bundled models.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  loadFolder,
  OnnxEmbeddings,
  RetrievalError,
  splitPassages,
  TwoStageRetriever,
} from "langchain-rerank";

assert.equal(createRequire(import.meta.url)("langchain-rerank").RetrievalError, RetrievalError);

const question = "How does LoRA reduce training memory?";
const source = "lora_finetuning_guide.md";
const folder = join(import.meta.dirname, "../../sample_documents");

const { documents } = await loadFolder(folder, { ignore: ["*", `!${source}`] });
const sections = await splitPassages(documents);
const isAnswer = ({ pageContent }) => pageContent.includes("a frozen weight needs no gradient");
// The answer comes last, so that no order but a right one puts it first.
const passages = sections.filter((passage) => !isAnswer(passage)).slice(0, 9);
passages.push(sections.find(isAnswer));

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu", workers: 2 });
const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l3", device: "cpu", workers: 2 });
const store = await MemoryVectorStore.fromDocuments(passages, embeddings);
const retriever = new TwoStageRetriever({
  candidates: new HybridRetriever({
    retrievers: [new DenseRetriever({ store }), await Bm25Retriever.fromDocuments(passages)],
  }),
  reranker,
  k: 10,
});

const found = await retriever.search(question);
assert.deepEqual(found.stages.map(({ name }) => name).toSorted(), [
  "Bm25Retriever",
  "DenseRetriever",
  "fusion",
  "rerank",
]);
assert.deepEqual(found.coverage, { scored: 10, candidates: 10 });
assert.deepEqual(
  new Set(found.documents.map(({ id }) => id)),
  new Set(passages.map(({ id }) => id)),
);
const scores = found.documents.map(({ metadata }) => metadata.relevanceScore);
assert.deepEqual(
  scores,
  scores.toSorted((a, b) => b - a),
);
for (const [index, { id, metadata }] of found.documents.entries()) {
  const { rank, rankShift, dense, fused, rerank } = metadata.retrieval;
  assert.equal(metadata.source, source);
  assert.equal(rank, index + 1);
  assert.equal(found.candidates[rank + rankShift - 1].id, id);
  assert.equal(rerank.score, scores[index]);
  assert.ok(dense.rank >= 1 && dense.score <= 1 && fused.rank >= 1);
}
const [best] = found.documents;
assert.ok(isAnswer(best), `The best passage is ${best.pageContent}`);
assert.equal(best.metadata.retrieval.lexical.rank, 1);

const llm = new FakeListChatModel({ responses: ["A frozen weight needs no gradient [1] [12]."] });
const chain = createAnswerChain({ retriever, llm });
const { answer, citations, documents: shown, trace } = await chain.invoke(question);
assert.equal(answer, "A frozen weight needs no gradient [1].");
assert.deepEqual(
  citations.map(({ number, source: cited }) => [number, cited]),
  [[1, source]],
);
assert.ok(citations[0].documentIds.includes(best.id) && isAnswer(shown[0]));
assert.equal(trace.inventedCitations[0].marker, "[12]");

await embeddings.dispose();
await reranker.dispose();
