// lexical/bm25-retriever.ts:50
import { Bm25Retriever, loadFolder, splitPassages } from "langchain-rerank";

const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const retriever = await Bm25Retriever.fromDocuments(passages, { k: 10 });
for (const { metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
  console.log(metadata.source, metadata.retrieval.lexical);
}
