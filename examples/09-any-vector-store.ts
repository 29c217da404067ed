// How do I use a vector store other than Chroma? Any LangChain store works; this one is in memory.
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import * as rerank from "langchain-rerank";

const rooms: [string, string][] = [
  ["north", "The meeting room seats twelve and has a screen."],
  ["north", "The kitchen is on the second floor."],
  ["south", "The meeting room seats six."],
];
const embeddings = new rerank.OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
const store = await MemoryVectorStore.fromDocuments(
  rooms.map(([building, pageContent]) => new Document({ pageContent, metadata: { building } })),
  embeddings,
);
const candidates = new rerank.DenseRetriever({ store });
const retriever = new rerank.TwoStageRetriever({ candidates, reranker, k: 1 });

// The same filter applies to every stage; for other stores, `toStoreFilter` translates it.
for (const building of ["north", "south"]) {
  const { documents } = await retriever.search("How many people fit?", { filter: { building } });
  console.log(`${building}: ${documents[0]?.pageContent}`);
}
await Promise.all([embeddings.dispose(), reranker.dispose()]);
