// How do I store token vectors once, so that a search reranks in milliseconds?
import { CrossEncoderReranker } from "langchain-rerank";
import { MultiVectorScorer } from "langchain-rerank/rerankers";
import { Document } from "@langchain/core/documents";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = await mkdtemp(join(tmpdir(), "late-interaction-"));
const texts = [
  "The cafe opens at eight.",
  "Bees visit flowers for nectar.",
  "A full charge takes about four hours.",
  "The battery lasts for two days.",
];
{
  // With a file of vectors, only the query is encoded at a search.
  const vectors = join(folder, "passages.vectors");
  await using scorer = new MultiVectorScorer({ model: "all-MiniLM-L6-v2", vectors });
  await scorer.store(texts, { onProgress: ({ stored }) => console.log("stored", stored) });

  const reranker = new CrossEncoderReranker({ scorer, topN: 2 });
  const documents = texts.map((pageContent) => new Document({ pageContent }));
  for (const { pageContent, metadata } of await reranker.rerank("How long to charge?", documents)) {
    console.log(metadata.retrieval.rerank.raw.toFixed(2), pageContent);
  }
}
await rm(folder, { recursive: true });
