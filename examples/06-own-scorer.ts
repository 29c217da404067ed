// How do I rerank with a model or a server of my own? This scorer counts words; yours may ask a server.
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker, type PairScorer } from "langchain-rerank";

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}+/gu) ?? [];

const sharedWords: PairScorer = {
  name: "shared-words",
  scale: "probability", // Scores lie in 0..1.
  async score(query, texts) {
    const wanted = wordsOf(query);
    const scores = texts.map((text) => {
      const words = new Set(wordsOf(text));
      return wanted.filter((word) => words.has(word)).length / wanted.length;
    });
    return { scores }; // In the order of the texts; NaN where a text has no score.
  },
};

const reranker = new CrossEncoderReranker({ scorer: sharedWords, topN: 2 });
const texts = ["Swim in the lake", "The train to the lake", "A train leaves at noon"];
const documents = texts.map((pageContent) => new Document({ pageContent }));
for (const { pageContent, metadata } of await reranker.rerank("train to the lake", documents)) {
  console.log(metadata.relevanceScore, pageContent, `(${metadata.retrieval.rerank.model})`);
}
