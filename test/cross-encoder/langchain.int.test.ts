import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { DocumentCompressorPipeline } from "@langchain/classic/retrievers/document_compressors";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { Document } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { RunnableLambda } from "@langchain/core/runnables";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";

const question = "How is Python used in machine learning?";
const texts = [
  "Paris is the capital of France.",
  "Python libraries like PyTorch and TensorFlow are used for deep learning.",
  "The python is a large snake that kills by constriction.",
  "Machine learning is a subset of artificial intelligence that learns from data.",
];

describe("inside LangChain's own classes", () => {
  const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
  const reranker = new CrossEncoderReranker({
    model: "rerank-minilm-l6",
    device: "cpu",
    topN: 2,
  });
  const store = new MemoryVectorStore(embeddings);
  const retriever = new ContextualCompressionRetriever({
    baseRetriever: store.asRetriever(4),
    baseCompressor: reranker,
  });

  beforeAll(() =>
    store.addDocuments(
      texts.map((pageContent, id) => new Document({ pageContent, metadata: { id } })),
    ),
  );
  afterAll(async () => {
    await embeddings.dispose();
    await reranker.dispose();
  });

  test("ContextualCompressionRetriever answers with the best two, scored", async () => {
    const found = await retriever.invoke(question);
    expect(found.map(({ pageContent }) => pageContent)).toEqual([texts[1], texts[3]]);
    expect(found[0]?.metadata).toMatchObject({
      id: 1,
      retrieval: { rank: 1, rerank: { scored: true, model: "rerank-minilm-l6" } },
    });
    expect(found[0]?.metadata["relevanceScore"]).toBeGreaterThan(
      Number(found[1]?.metadata["relevanceScore"]),
    );
  });

  test("is one of core's document compressors", () => {
    expect(reranker).toBeInstanceOf(BaseDocumentCompressor);
  });

  test("DocumentCompressorPipeline runs it between other steps", async () => {
    const pipeline = new DocumentCompressorPipeline({
      transformers: [reranker, new CrossEncoderReranker({ scorer: reranker.scorer, topN: 1 })],
    });
    const documents = texts.map((pageContent) => new Document({ pageContent }));
    const found = await pipeline.compressDocuments(documents, question);
    expect(found.map(({ pageContent }) => pageContent)).toEqual([texts[1]]);
  });

  test(".pipe, .batch and .withConfig work as on any runnable", async () => {
    const sources = retriever
      .pipe(RunnableLambda.from((found: Document[]) => found.map(({ metadata }) => metadata["id"])))
      .withConfig({ runName: "ids" });
    expect(await sources.invoke(question)).toEqual([1, 3]);
    expect(await sources.batch([question, "What is the capital of France?"])).toMatchObject([
      [1, 3],
      [0, expect.any(Number)],
    ]);
  });

  test("callbacks see the retriever start and end with the ranked documents", async () => {
    const seen: unknown[] = [];
    class Recorder extends BaseCallbackHandler {
      name = "recorder";
      override handleRetrieverStart(_serialized: unknown, query: string): void {
        seen.push(["start", query]);
      }
      override handleRetrieverEnd(found: { pageContent: string }[]): void {
        seen.push(["end", found.length]);
      }
    }
    await retriever.invoke(question, { callbacks: [new Recorder()] });
    expect(seen[0]).toEqual(["start", question]);
    expect(seen.at(-1)).toEqual(["end", 2]);
  });
});
