// vector-store/dense-retriever.ts:69
import { DenseRetriever, indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
await indexFolder("sample_documents", { store });

const retriever = new DenseRetriever({ store, k: 10 });
for (const { metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
  console.log(metadata.source, metadata.retrieval.dense);
}
