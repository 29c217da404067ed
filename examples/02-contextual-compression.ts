// How do I rerank inside LangChain's ContextualCompressionRetriever, over a Chroma vector store?
import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker, OnnxEmbeddings, openChroma } from "langchain-rerank";

const notes = [
  "Tea: pour the water at 80 °C for green tea, at 95 °C for black tea.",
  "Coffee: a filter needs 60 g of ground beans for a litre of water.",
  "Coffee: beans keep their aroma for four weeks after roasting.",
  "Tea: leaves keep for a year in a closed tin.",
];
const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", topN: 2 });
const store = await openChroma(embeddings, { collectionName: "example-notes" });
await store.addDocuments(notes.map((pageContent) => new Document({ pageContent })));

const retriever = new ContextualCompressionRetriever({
  baseRetriever: store.asRetriever(4),
  baseCompressor: reranker,
});
for (const document of await retriever.invoke("How much coffee do I need for a litre?")) {
  console.log(document.metadata.relevanceScore.toFixed(3), document.pageContent);
}
await Promise.all([store.close(), embeddings.dispose(), reranker.dispose()]);
