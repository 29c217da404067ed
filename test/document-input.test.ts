import type { Document } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { describe, expect, test } from "vitest";
import { experiment, generateQuestions, judgementsFrom, nDCG } from "../src/evaluation/index.ts";
import {
  Bm25Retriever,
  CorpusSource,
  createAnswerChain,
  createRetrievalTool,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  RedundancyFilter,
  SentenceCompressor,
  splitPassages,
  TwoStageRetriever,
  type CandidateSource,
} from "../src/index.ts";
import type { PairScorer } from "../src/ranking/pair-scorer.ts";
import { HashEmbeddings } from "./vector-store/hash-embeddings.ts";

const query = "Do rivers flow?";
const embeddings = new HashEmbeddings();
const scorer: PairScorer = {
  name: "lengths",
  scale: "probability",
  score: async (_query, texts) => ({ scores: texts.map(() => 0.5) }),
};
const reranker = new CrossEncoderReranker({ scorer });

/** Gives whatever it was made with, as a retriever of the user's own may. */
class GivingRetriever extends BaseRetriever {
  override lc_namespace: string[] = ["test"];
  readonly #given: unknown;

  constructor(given: unknown) {
    super();
    this.#given = given;
  }

  override async _getRelevantDocuments(): Promise<Document[]> {
    return JSON.parse(JSON.stringify(this.#given));
  }
}

const sourceOf = (given: unknown): CandidateSource => ({
  candidates: async () => JSON.parse(JSON.stringify(given)),
});
const storeOf = (given: unknown): unknown => ({
  _vectorstoreType: () => "own",
  similaritySearchWithScore: async () =>
    Array.isArray(given) ? given.map((document) => [document, 0.5]) : given,
});

/** Calls a method as plain JavaScript does: without types. */
const call = async (thing: object, method: string, ...args: readonly unknown[]): Promise<unknown> =>
  Reflect.apply(Reflect.get(thing, method), thing, args);

/** Everything that takes documents, or is given them by something of the user's. */
const takers: Record<string, (documents: unknown) => Promise<unknown>> = {
  rerank: (given) => call(reranker, "rerank", query, given),
  compressDocuments: (given) => call(reranker, "compressDocuments", given, query),
  SentenceCompressor: (given) => call(new SentenceCompressor({ scorer }), "compress", query, given),
  RedundancyFilter: (given) => call(new RedundancyFilter({ embeddings }), "compress", query, given),
  "Bm25Retriever.addDocuments": (given) => call(new Bm25Retriever(), "addDocuments", given),
  "Bm25Retriever.fromDocuments": (given) => call(Bm25Retriever, "fromDocuments", given),
  splitPassages: (given) => call({ splitPassages }, "splitPassages", given),
  CorpusSource: async (given) =>
    call(Reflect.construct(CorpusSource, [given]), "candidates", query, { k: 5 }),
  "HybridRetriever over a retriever": (given) =>
    new HybridRetriever({ retrievers: [new GivingRetriever(given)] }).invoke(query),
  "HybridRetriever over a source": (given) =>
    new HybridRetriever({ retrievers: [sourceOf(given)] }).invoke(query),
  "TwoStageRetriever over a source": (given) =>
    new TwoStageRetriever({ candidates: sourceOf(given), reranker }).invoke(query),
  DenseRetriever: (given) =>
    call(Reflect.construct(DenseRetriever, [{ store: storeOf(given) }]), "invoke", query),
  createRetrievalTool: (given) =>
    createRetrievalTool({ retriever: new GivingRetriever(given), description: "d" }).invoke({
      query,
    }),
  createAnswerChain: (given) =>
    createAnswerChain({
      retriever: new GivingRetriever(given),
      llm: new FakeListChatModel({ responses: ["Yes [1]."] }),
    }).invoke(query),
};

const rivers = { pageContent: "Rivers flow." };

describe.each(Object.entries(takers))("%s", (_name, take) => {
  test.each([
    ["without metadata", rivers],
    ["with metadata of null", { ...rivers, metadata: JSON.parse("null") }],
  ])("takes a document %s", async (_kind, document) => {
    await expect(take([document])).resolves.toBeDefined();
  });

  test("names a document without text by its index and id", async () => {
    const empty = { pageContent: JSON.parse("null"), id: "b", metadata: {} };
    await expect(take([{ ...rivers, metadata: {} }, empty])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(
        /^Expected the `pageContent` of `.*\[1\]` \(id "b"\) .* got null\.$/,
      ),
    });
  });

  test("refuses texts in the place of documents", async () => {
    await expect(take(["Rivers flow."])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining('[0]` to be a document such as { pageContent: "…"'),
    });
  });
});

test("an experiment reports a document without text as a failure of its query", async () => {
  const { systems } = await experiment({
    systems: { own: new GivingRetriever([{ pageContent: JSON.parse("null"), metadata: {} }]) },
    queries: new Map([["q", query]]),
    judgements: judgementsFrom({ q: { a: 1 } }),
    measures: [nDCG(10)],
  });
  expect(systems[0]?.failures.get("q")).toContain(
    "Expected the `pageContent` of `invoke(query)[0]`",
  );
});

test("a list that was not awaited is refused as such", async () => {
  const pending = splitPassages([]);
  for (const take of [takers["rerank"], takers["splitPassages"], takers["CorpusSource"]]) {
    await expect(take?.(pending)).rejects.toMatchObject({
      code: "invalid-input",
      message: "Expected `documents` to be an array of documents, got a Promise; await it first.",
    });
  }
});

test("questions are not made of a document without text", async () => {
  const llm = new FakeListChatModel({ responses: ["1. What?"] });
  const documents = JSON.parse('[{ "pageContent": null, "id": "b" }]');
  await expect(generateQuestions(documents, llm)).rejects.toMatchObject({ code: "invalid-input" });
});
