// retrieval/index-folder.ts:91
import { Bm25Retriever, indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
const lexical = new Bm25Retriever();
const report = await indexFolder("sample_documents", { store, lexical });
console.log(`${report.added} passages added, ${report.unchanged} unchanged`);
