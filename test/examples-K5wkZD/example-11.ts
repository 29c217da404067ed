// vector-store/open-chroma.ts:56
import { Document } from "@langchain/core/documents";
import { OnnxEmbeddings, openChroma } from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using store = await openChroma(embeddings, { collectionName: "notes" });
await store.addDocuments([new Document({ pageContent: "LoRA trains two small matrices." })]);
for (const [document, similarity] of await store.similaritySearchWithScore("What is LoRA?", 1)) {
  console.log(similarity, document.pageContent);
}
