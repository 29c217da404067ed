import {
  Bm25Retriever,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  indexFolder,
  OnnxEmbeddings,
  openChroma,
  reciprocalRankFusion,
  renderTrace,
  TwoStageRetriever,
} from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
const bm25 = new Bm25Retriever();
await indexFolder("sample_documents", { store, lexical: bm25 });

const retriever = new TwoStageRetriever({
  candidates: new HybridRetriever({
    retrievers: [new DenseRetriever({ store }), bm25],
    fusion: reciprocalRankFusion(),
  }),
  reranker,
  k: 5,
});
const signal = AbortSignal.timeout(20_000);
const [best] = await retriever.invoke("How does LoRA reduce memory?", { signal });
console.log(best?.metadata.retrieval);

const trace = await retriever.search("What is QLoRA?", { k: 3, signal, deadlineMs: 5000 });
console.log(renderTrace(trace, "text"));
