// cross-encoder/cross-encoder-reranker.ts:70
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker } from "langchain-rerank";

await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", topN: 1 });
const documents = [
  new Document({ pageContent: "Paris is the capital of France." }),
  new Document({ pageContent: "LoRA trains two small matrices." }),
];
const [best] = await reranker.rerank("How does LoRA reduce memory?", documents);
console.log(best?.metadata.relevanceScore, best?.pageContent);
