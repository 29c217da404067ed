import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";

describe("the reference lab's retriever, feature by feature", () => {
  const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
  const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", device: "cpu" });
  const store = new MemoryVectorStore(embeddings);
  const retriever = new TwoStageRetriever({
    candidates: new DenseRetriever({ store }),
    reranker,
    candidateCount: 20,
    k: 3,
  });
  beforeAll(() =>
    store.addDocuments(
      [
        "LoRA freezes the weights and trains two small matrices, which saves optimizer memory.",
        "Lora is a typeface with roots in calligraphy.",
        "DGX Spark has 128 GB of unified memory.",
        "GPTQ quantizes weights column by column.",
      ].map((pageContent, index) => new Document({ id: `p${index}`, pageContent })),
    ),
  );
  afterAll(async () => {
    await embeddings.dispose();
    await reranker.dispose();
  });

  test("results carry bi-encoder score and rank, rerank score, final rank, and the time of each stage", async () => {
    const question = "How does LoRA reduce memory?";
    const { documents, stages, milliseconds } = await retriever.search(question);
    expect(documents).toHaveLength(3);
    for (const [index, document] of documents.entries()) {
      const { rank = 0, rankShift = 0, dense, rerank } = provenanceOf(document);
      expect(rank).toBe(index + 1);
      expect(dense).toEqual({ rank: rank + rankShift, score: expect.any(Number) });
      expect(rerank).toMatchObject({
        scored: true,
        rank,
        score: document.metadata["relevanceScore"],
      });
    }
    expect(documents[0]?.id).toBe("p0");
    expect(stages.map(({ name }) => name)).toEqual(["candidates", "rerank"]);
    expect(stages.every((stage) => stage.milliseconds > 0)).toBe(true);
    expect(milliseconds).toBeGreaterThan(0);

    const without = await retriever.search(question, { rerank: false });
    expect(without.documents.map((each) => provenanceOf(each).dense?.rank)).toEqual([1, 2, 3]);
    expect(without.stages).toHaveLength(1);
  });
});
