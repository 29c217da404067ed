// How do I search by words and by meaning at once, and rerank what both found?
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import * as rerank from "langchain-rerank";

const documents = [
  "E-4711: the pump has no water. Fill the tank and restart.",
  "E-4712: the pump is blocked. Remove the filter and rinse it.",
  "Rinse the filter once a month under running water.",
  "If nothing comes out of the spout, remove what blocks the pump.",
].map((pageContent) => new Document({ pageContent }));

const embeddings = new rerank.OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
const store = await MemoryVectorStore.fromDocuments(documents, embeddings);
const dense = new rerank.DenseRetriever({ store });
const lexical = await rerank.Bm25Retriever.fromDocuments(documents);

const candidates = new rerank.HybridRetriever({ retrievers: [dense, lexical] });
const retriever = new rerank.TwoStageRetriever({ candidates, reranker, k: 3 });
const trace = await retriever.search("What does E-4712 mean?");
console.log(rerank.renderTrace(trace, "text"));
await Promise.all([embeddings.dispose(), reranker.dispose()]);
