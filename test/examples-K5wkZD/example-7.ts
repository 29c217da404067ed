// retrieval/hybrid-retriever.ts:72
import { Bm25Retriever, DenseRetriever, HybridRetriever } from "langchain-rerank";
import { indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
const bm25 = new Bm25Retriever();
await indexFolder("sample_documents", { store, lexical: bm25 });

const retriever = new HybridRetriever({ retrievers: [new DenseRetriever({ store }), bm25], k: 10 });
const [first] = await retriever.invoke("How does LoRA reduce memory?");
console.log(first?.metadata.retrieval); // The rank and score in each list, and the fused rank.
