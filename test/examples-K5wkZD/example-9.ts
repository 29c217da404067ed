// retrieval/two-stage-retriever.ts:40
import { Bm25Retriever, CrossEncoderReranker, TwoStageRetriever } from "langchain-rerank";
import { loadFolder, renderTrace, splitPassages } from "langchain-rerank";

await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const candidates = await Bm25Retriever.fromDocuments(passages);

const retriever = new TwoStageRetriever({ candidates, reranker, candidateCount: 20, k: 5 });
const trace = await retriever.search("How does LoRA reduce memory?");
console.log(renderTrace(trace, "text"));
