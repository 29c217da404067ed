import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { CrossEncoderReranker, indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const store = await openChroma(embeddings, { collectionName: "guides" });
await indexFolder("sample_documents", { store });

const retriever = new ContextualCompressionRetriever({
  baseRetriever: store.asRetriever(50),
  baseCompressor: new CrossEncoderReranker({ model: "rerank-minilm-l6", topN: 5 }),
});
for (const { pageContent, metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
  console.log(metadata.relevanceScore, metadata.source, pageContent);
}
