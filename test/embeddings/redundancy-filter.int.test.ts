import { Document } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { afterAll, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { RedundancyFilter } from "../../src/embeddings/redundancy-filter.ts";

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
afterAll(() => embeddings.dispose());

test("with a real model, a paraphrase makes room for something new", async () => {
  const [best, paraphrase, other, ...rest] = [
    "LoRA saves memory because it trains two small matrices instead of all weights.",
    "Memory is saved by LoRA since, rather than all weights, only two small matrices are trained.",
    "Gradient checkpointing saves memory by recomputing activations in the backward pass.",
    "Paris is the capital of France.",
  ].map((pageContent) => new Document({ pageContent, id: pageContent }));
  const filter = new RedundancyFilter({ embeddings, topN: 2 });
  expect(filter).toBeInstanceOf(BaseDocumentCompressor);
  const given = [best, paraphrase, other, ...rest].flatMap((each) => each ?? []);
  const kept = await filter.compressDocuments(given, "What saves memory in fine-tuning?");
  const ids = kept.map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(ids).toContain(other?.id);
  expect(ids).not.toEqual(expect.arrayContaining([best?.id, paraphrase?.id]));
});
