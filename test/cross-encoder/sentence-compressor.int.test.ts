import { Document } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { afterAll, describe, expect, test } from "vitest";
import { SentenceCompressor } from "../../src/cross-encoder/sentence-compressor.ts";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";

describe("with a real cross-encoder", () => {
  const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", device: "cpu" });
  const compressor = new SentenceCompressor({
    model: "rerank-minilm-l6",
    device: "cpu",
    maxSentences: 1,
  });
  afterAll(() => Promise.all([reranker.dispose(), compressor.dispose()]));

  test("keeps the sentence that answers the question, as one of core's document compressors", async () => {
    const pageContent =
      "The guide has six chapters. LoRA freezes the weights and trains two small matrices, which saves optimizer memory. Thanks go to all reviewers.";
    expect(compressor).toBeInstanceOf(BaseDocumentCompressor);
    const [kept] = await compressor.compressDocuments(
      [new Document({ pageContent })],
      "How does LoRA reduce memory?",
    );
    expect(kept?.pageContent).toMatch(/^LoRA freezes .* memory\.$/);
  });

  test("frees only what it made itself", async () => {
    const question = "How does LoRA reduce memory?";
    const documents = [new Document({ pageContent: "LoRA trains small matrices." })];
    const guest = new SentenceCompressor({ scorer: reranker.scorer });
    await guest.dispose();
    expect(await reranker.rerank(question, documents)).toHaveLength(1);
    const owner = new SentenceCompressor({ model: "rerank-minilm-l6", device: "cpu" });
    await owner.dispose();
    await expect(owner.compress(question, documents)).rejects.toMatchObject({ code: "disposed" });
    expect(await reranker.rerank(question, documents)).toHaveLength(1);
  });
});
