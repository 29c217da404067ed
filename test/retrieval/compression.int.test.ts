import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { DocumentCompressorPipeline } from "@langchain/classic/retrievers/document_compressors";
import { MultiQueryRetriever } from "@langchain/classic/retrievers/multi_query";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { RunnableLambda } from "@langchain/core/runnables";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { SentenceCompressor } from "../../src/cross-encoder/sentence-compressor.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { RedundancyFilter } from "../../src/embeddings/redundancy-filter.ts";
import type { PairScorer, PairScores } from "../../src/ranking/pair-scorer.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { ChatStub } from "../chat-stub.ts";
import { chatModels } from "../answering/answering.ts";

const question = "How does LoRA reduce memory?";
const texts = {
  lora: "LoRA was published in 2021. LoRA reduces memory because only two small matrices are trained. It has a logo.",
  same: "In 2021 LoRA was published. Only two small matrices are trained, so LoRA reduces memory. It has a logo.",
  checkpointing:
    "Models are large. Gradient checkpointing reduces memory by recomputing activations. Use it with LoRA.",
  typeface: "Lora is a typeface with roots in calligraphy. It is free.",
  paris: "Paris is the capital of France. It lies on the Seine.",
};
const documents = Object.entries(texts).map(
  ([id, pageContent]) => new Document({ id, pageContent, metadata: { source: `${id}.md` } }),
);
const idsOf = (found: readonly DocumentInterface[]) => found.map(({ id }) => id);

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", device: "cpu" });
const { scorer } = reranker;
const store = new MemoryVectorStore(embeddings);
const filter = new RedundancyFilter({ embeddings, topN: 2 });
const compressor = new SentenceCompressor({ scorer, maxSentences: 1 });
beforeAll(() => store.addDocuments(documents));
afterAll(() => Promise.all([embeddings.dispose(), reranker.dispose()]));

let stub: ChatStub;
beforeEach(async () => {
  stub = await ChatStub.start();
});
afterEach(() => stub[Symbol.asyncDispose]());

/** One of the two that say the same, and of each the sentence that answers. */
function expectCompressed(found: readonly DocumentInterface[]): void {
  expect(found).toHaveLength(2);
  expect(idsOf(found)).toEqual([expect.stringMatching(/^(?:lora|same)$/), "checkpointing"]);
  expect(found[0]?.pageContent).toMatch(/^[^.]*two small matrices are trained[^.]*\.$/);
  expect(found[1]?.pageContent).toBe(
    "Gradient checkpointing reduces memory by recomputing activations.",
  );
  for (const [index, { id, pageContent, metadata }] of found.entries()) {
    expect(metadata).toMatchObject({
      source: `${id}.md`,
      relevanceScore: expect.any(Number),
      retrieval: { rank: index + 1, rerank: { scored: true, model: "rerank-minilm-l6" } },
      keptSpans: [{ relevanceScore: expect.any(Number) }],
    });
    const [{ start, end }] = metadata["keptSpans"];
    const whole = documents.find((each) => each.id === id)?.pageContent;
    expect(whole?.slice(start, end)).toBe(pageContent);
  }
}

/** Scorer, embeddings and compressor that never answer, with the signals that they were given. */
class Hanging extends BaseDocumentCompressor implements PairScorer {
  readonly name = "hanging";
  readonly scale = "logit";
  readonly calls: (AbortSignal | undefined)[] = [];

  score(...[, , options]: Parameters<PairScorer["score"]>): Promise<PairScores> {
    return this.#hang(options?.signal);
  }

  override compressDocuments(): Promise<DocumentInterface[]> {
    return this.#hang();
  }

  embedDocuments(): Promise<number[][]> {
    return this.#hang();
  }

  embedQuery(): Promise<number[]> {
    return this.#hang();
  }

  #hang(signal?: AbortSignal): Promise<never> {
    this.calls.push(signal);
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

describe("after reranking", () => {
  test("LangChain's pipeline filters and compresses, inside its compression retriever", async () => {
    const retriever = new ContextualCompressionRetriever({
      baseRetriever: store.asRetriever(5),
      baseCompressor: new DocumentCompressorPipeline({
        transformers: [new CrossEncoderReranker({ scorer, topN: 4 }), filter, compressor],
      }),
    });
    expectCompressed(await retriever.invoke(question));
  });

  test("TwoStageRetriever does the same, each compressor a stage of its trace", async () => {
    const retriever = new TwoStageRetriever({
      candidates: new DenseRetriever({ store }),
      reranker,
      k: 4,
      compressors: [filter, compressor],
    });
    const { documents: found, stages } = await retriever.search(question);
    expectCompressed(found);
    expect(stages.map(({ name, documents: { length } }) => [name, length])).toEqual([
      ["candidates", 5],
      ["rerank", 5],
      ["RedundancyFilter", 2],
      ["SentenceCompressor", 2],
    ]);
    const {
      dense,
      rank,
      rankShift = 0,
    } = provenanceOf(found[1] ?? new Document({ pageContent: "" }));
    expect(dense?.rank).toBe((rank ?? 0) + rankShift);
  });

  test("TwoStageRetriever runs LangChain's pipeline as one stage, and a second reranker", async () => {
    const second = new CrossEncoderReranker({ scorer, topN: 1 });
    const retriever = new TwoStageRetriever({
      candidates: new CorpusSource(documents),
      reranker,
      compressors: [new DocumentCompressorPipeline({ transformers: [compressor] }), second],
    });
    const { documents: found, stages } = await retriever.search(question);
    expect(stages.map(({ name }) => name).slice(2)).toEqual([
      "DocumentCompressorPipeline",
      "CrossEncoderReranker",
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]?.pageContent).toMatch(/^[^.]*LoRA reduces memory[^.]*\.$/);
  });

  test.each([
    ["SentenceCompressor", (hanging) => new SentenceCompressor({ scorer: hanging }), true],
    ["CrossEncoderReranker", (hanging) => new CrossEncoderReranker({ scorer: hanging }), true],
    ["RedundancyFilter", (hanging) => new RedundancyFilter({ embeddings: hanging }), undefined],
    ["a compressor of LangChain's kind", (hanging) => hanging, undefined],
  ] satisfies [string, (hanging: Hanging) => BaseDocumentCompressor, true | undefined][])(
    "an abort ends %s, and tells it where LangChain lets it",
    async (_name, compressorOf, isTold) => {
      const hanging = new Hanging();
      const retriever = new TwoStageRetriever({
        candidates: new CorpusSource(documents),
        reranker,
        compressors: [compressorOf(hanging)],
      });
      const controller = new AbortController();
      const searching = retriever.invoke(question, { signal: controller.signal });
      await vi.waitFor(() => expect(hanging.calls).toHaveLength(1), 10_000);
      controller.abort("enough");
      await expect(searching).rejects.toBe("enough");
      expect(hanging.calls.map((signal) => signal?.aborted)).toEqual([isTold]);
    },
  );
});

const expansion = () =>
  ChatPromptTemplate.fromTemplate("Say in other words: {question}")
    .pipe(chatModels.openai(stub))
    .pipe(new StringOutputParser());

describe("before retrieval", () => {
  const twoStage = new TwoStageRetriever({
    candidates: new DenseRetriever({ store }),
    reranker,
    k: 1,
  });

  test("MultiQueryRetriever asks several questions, and the reranker reads each passage once", async () => {
    stub.plan({
      pieces: ["<questions>\nWhat does LoRA save?\n", "Why are two matrices enough?\n</questions>"],
    });
    const retriever = new TwoStageRetriever({
      candidates: MultiQueryRetriever.fromLLM({
        llm: chatModels.openai(stub),
        retriever: new DenseRetriever({ store }),
      }),
      reranker,
      k: 2,
    });
    const { candidates, documents: found } = await retriever.search(question);
    expect(new Set(idsOf(candidates))).toEqual(new Set(Object.keys(texts)));
    expect(candidates.map((each) => provenanceOf(each).rank)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(idsOf(found))).toEqual(new Set(["lora", "same"]));
    expect(stub.requests[0]?.messages.at(-1)?.content).toContain(`Original question: ${question}`);
  });

  test("MultiQueryRetriever takes the reranker as its compressor, and two-stage retrieval for each question", async () => {
    stub.plan({ pieces: ["What does LoRA save?\nWhere does Paris lie?"] });
    const retriever = MultiQueryRetriever.fromLLM({
      llm: chatModels.openai(stub),
      retriever: twoStage,
      documentCompressor: new CrossEncoderReranker({ scorer, topN: 2 }),
    });
    const found = await retriever.invoke(question);
    expect(found).toHaveLength(2);
    expect(idsOf(found)[0]).toMatch(/^(?:lora|same)$/);
    expect(idsOf(found)[1]).toBe("paris");
  });

  test("a chain that expands the query goes in front of the whole search", async () => {
    stub.plan({ pieces: ["The river on which", " the capital of France lies"] });
    const found = await expansion().pipe(twoStage).invoke({ question });
    expect(idsOf(found)).toEqual(["paris"]);
    expect(stub.requests[0]?.messages.at(-1)?.content).toBe(`Say in other words: ${question}`);
  });

  test("or in front of the first stage alone, and the reranker reads the question as it was asked", async () => {
    stub.plan({ pieces: ["small trained matrices, optimizer states"] });
    const expanded = expansion().pipe(store.asRetriever(5));
    const candidates = RunnableLambda.from((asked: string) => ({ question: asked })).pipe(expanded);
    const found = await new TwoStageRetriever({ candidates, reranker, k: 1 }).invoke(question);
    expect(found[0]?.pageContent).toContain("LoRA reduces memory");
    expect(stub.requests).toHaveLength(1);
  });

  test("an abort ends the expansion, and the search after it", async () => {
    const controller = new AbortController();
    stub.plan({ ending: "hang" });
    const waiting = expansion().pipe(twoStage).invoke({ question }, { signal: controller.signal });
    await vi.waitFor(() => expect(stub.requests).toHaveLength(1));
    controller.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    await vi.waitFor(() => expect(stub.requests[0]?.outcome).toBe("left"));
  });
});
