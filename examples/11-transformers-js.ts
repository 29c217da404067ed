// How do I rerank with a model that transformers.js has loaded, for instance on WebGPU?
import { fileURLToPath } from "node:url";
import { AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker } from "langchain-rerank";
import { fromTransformers } from "langchain-rerank/transformers";

// A model of this repository, so that nothing is downloaded.
env.allowRemoteModels = false;
env.localModelPath = fileURLToPath(new URL("../models/", import.meta.url));
const name = "rerank-minilm-l6";
const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "int8" });

const scorer = fromTransformers(tokenizer, model).scorer({ name });
const reranker = new CrossEncoderReranker({ scorer, topN: 2 });
const texts = [
  "Bees sleep in winter.",
  "Bees visit flowers for nectar.",
  "The hive is made of wood.",
];
const documents = texts.map((pageContent) => new Document({ pageContent }));
for (const { pageContent, metadata } of await reranker.rerank(
  "Why do bees fly to flowers?",
  documents,
)) {
  console.log(metadata.relevanceScore.toFixed(3), pageContent);
}
await model.dispose(); // You loaded the model, so you dispose of it.
