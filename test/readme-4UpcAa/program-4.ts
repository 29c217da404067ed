import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import {
  CrossEncoderReranker,
  DenseRetriever,
  loadFolder,
  OnnxEmbeddings,
  RedundancyFilter,
  SentenceCompressor,
  splitPassages,
  TwoStageRetriever,
} from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const store = await MemoryVectorStore.fromDocuments(passages, embeddings);

const retriever = new TwoStageRetriever({
  candidates: new DenseRetriever({ store }),
  reranker,
  k: 10,
  compressors: [
    new RedundancyFilter({ embeddings, topN: 3 }),
    new SentenceCompressor({ scorer: reranker.scorer, maxSentences: 2 }),
  ],
});
for (const { pageContent, metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
  console.log(`${metadata.source}: ${pageContent}\n`);
}
