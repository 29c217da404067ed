// How do I read many candidates with a fast model, and the best of them with a better one?
import { CrossEncoderReranker, OnnxCrossEncoder } from "langchain-rerank";
import { CascadeScorer, MultiVectorScorer } from "langchain-rerank/rerankers";
import { Document } from "@langchain/core/documents";

await using fast = new MultiVectorScorer({ model: "all-MiniLM-L6-v2" });
await using better = new OnnxCrossEncoder({ model: "rerank-minilm-l6" });
const scorer = new CascadeScorer({
  stages: [{ scorer: fast }, { scorer: better, candidateCount: 2 }],
});

const texts = [
  "The cafe opens at eight.",
  "Bees visit flowers for nectar.",
  "A full charge takes about four hours.",
  "The battery lasts for two days.",
];
const documents = texts.map((pageContent) => new Document({ pageContent }));
const reranker = new CrossEncoderReranker({ scorer, topN: 4 });
for (const { pageContent, metadata } of await reranker.rerank("How long to charge?", documents)) {
  const models = metadata.retrieval.rerank.stages.map(({ model }: { model: string }) => model);
  console.log(metadata.relevanceScore?.toFixed(3) ?? "-", pageContent, models.join(" "));
}
