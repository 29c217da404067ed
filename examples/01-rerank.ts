// How do I rank a list of texts by how well they answer a question?
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker } from "langchain-rerank";

const texts = [
  "The battery of the bicycle weighs three kilograms.",
  "Charge the battery in a dry room, away from children.",
  "A full charge takes about four hours from an ordinary socket.",
  "The charger has a cable of four metres.",
];
const documents = texts.map((pageContent) => new Document({ pageContent }));

const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
const ranked = await reranker.rerank("How long does charging take?", documents, { topN: 3 });
for (const { pageContent, metadata } of ranked) {
  console.log(metadata.relevanceScore.toFixed(3), pageContent);
}
await reranker.dispose();
