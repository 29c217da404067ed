import { CohereRerank } from "@langchain/cohere";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { MixedbreadAIReranker } from "@langchain/mixedbread-ai";
import { CohereClient } from "cohere-ai";
import { afterAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { CompressorScorer } from "../../src/rerankers/index.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { RerankStub, stubScore } from "./rerank-stub.ts";

const stub = await RerankStub.start();
afterAll(() => stub[Symbol.asyncDispose]());

const cohere = (topN: number, maxRetries = 0) =>
  new CohereRerank({
    client: new CohereClient({ token: "key", environment: stub.url, maxRetries }),
    model: "rerank-v3.5",
    topN,
  });
const mixedbread = (topK: number) =>
  new MixedbreadAIReranker({ apiKey: "key", baseUrl: stub.url, model: "mxbai-rerank-v2", topK });

/** A compressor that returns what the function says. */
const compressing = (
  compress: (documents: DocumentInterface[]) => DocumentInterface[] | Promise<DocumentInterface[]>,
) => ({ compressDocuments: async (documents: DocumentInterface[]) => compress(documents) });
const graded = (score: unknown, { pageContent, metadata }: DocumentInterface) =>
  new Document({ pageContent, metadata: { ...metadata, relevanceScore: score } });

const texts = deepFreeze(["Loire", "Rhine", "Loire", "Danube", "Po"]);

describe.each([
  ["CohereRerank rerank-v3.5", cohere, "/v1/rerank"],
  ["MixedbreadAIReranker", mixedbread, "/v1/reranking"],
] as const)("%s", (name, made, path) => {
  describe("is a PairScorer", () => {
    test.each(pairScorerContract)("$name", async ({ check }) => {
      stub.plan();
      await expect(check(new CompressorScorer({ compressor: made(100) }))).resolves.toBeUndefined();
    });
  });

  test("is named in traces, and asked once for equal texts", async () => {
    stub.plan();
    const scorer = new CompressorScorer({ compressor: made(100) });
    const { scores } = await scorer.score("rivers", texts);
    expect(scorer).toMatchObject({ name, scale: "probability" });
    expect([...scores]).toEqual(texts.map(stubScore));
    expect(stub.requests.map((request) => [request.path, request.texts])).toEqual([
      [path, ["Loire", "Rhine", "Danube", "Po"]],
    ]);
  });
});

test("a search has its scores in the provenance, and keeps the user's metadata", async () => {
  stub.plan();
  const documents = texts
    .slice(1)
    .map((text) => new Document({ id: text, pageContent: text, metadata: { index: "mine" } }));
  const retriever = new TwoStageRetriever({
    candidates: new CorpusSource(documents),
    reranker: new CrossEncoderReranker({
      scorer: new CompressorScorer({ compressor: cohere(100) }),
    }),
    k: 2,
  });
  const { documents: found } = await retriever.search("rivers");
  const best = texts.slice(1).toSorted((a, b) => stubScore(b) - stubScore(a));
  expect(found.map(({ id }) => id)).toEqual(best.slice(0, 2));
  expect(found[0]?.metadata).toMatchObject({
    index: "mine",
    relevanceScore: stubScore(best[0] ?? ""),
    retrieval: { rerank: { rank: 1, model: "CohereRerank rerank-v3.5" } },
  });
});

test("a compressor without a class of its own is called compressor", () => {
  const plain = compressing((documents) => documents);
  expect(new CompressorScorer({ compressor: plain }).name).toBe("compressor");
  const named = Object.assign(plain, { model: "m" });
  expect(new CompressorScorer({ compressor: named }).name).toBe("compressor m");
});

test("texts that a compressor drops are unlikely", async () => {
  const compressor = compressing((documents) =>
    documents.slice(1, 3).map((each) => graded(0.5, each)),
  );
  const scored: [number, number][] = [];
  const { scores, unscored } = await new CompressorScorer({ compressor }).score("q", texts, {
    onScored: (...each) => scored.push(each),
  });
  expect([...scores]).toEqual([NaN, 0.5, NaN, 0.5, NaN]);
  expect([...(unscored ?? [])]).toEqual([0, 2, 4].map((index) => [index, "unlikely"]));
  expect(scored).toEqual([
    [1, 0.5],
    [3, 0.5],
  ]);
});

test("a deadline ends the call without scores, and later results are ignored", async () => {
  let finish: (() => void) | undefined;
  const compressor = compressing(
    (documents) =>
      new Promise((resolve) => {
        finish = () => resolve(documents.map((each) => graded(1, each)));
      }),
  );
  const heard: number[] = [];
  const { scores, unscored } = await new CompressorScorer({ compressor }).score("q", ["a"], {
    deadlineMs: 5,
    onScored: (index) => heard.push(index),
  });
  finish?.();
  await new Promise(setImmediate);
  expect([...scores, unscored?.get(0), heard.length]).toEqual([NaN, "deadline", 0]);
});

test("an abort ends the call with its reason", async () => {
  const compressor = compressing(() => new Promise(() => undefined));
  const controller = new AbortController();
  const call = new CompressorScorer({ compressor }).score("q", ["a"], {
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await expect(call).rejects.toThrow("enough");
});

test("an error of the provider's client reaches the caller unchanged", async () => {
  stub.plan({ status: 401, body: '{"message":"invalid api token"}' });
  const call = new CompressorScorer({ compressor: cohere(3) }).score("q", ["a"]);
  await expect(call).rejects.toMatchObject({ statusCode: 401 });
});

describe("a compressor that cannot score is refused by name", () => {
  const one = graded(0.5, new Document({ pageContent: "a", metadata: { index: 0 } }));
  test.each([
    [
      "without scores",
      (documents: DocumentInterface[]) => documents,
      "undefined: only compressors",
    ],
    ["with a score of NaN", () => [graded(NaN, one)], "NaN: only compressors"],
    ["with new documents", () => [new Document({ pageContent: "b" })], "metadata.index. undefined"],
    [
      "with a document of another call",
      () => [graded(1, new Document({ pageContent: "b", metadata: { index: 7 } }))],
      "metadata.index. 7",
    ],
    ["with nothing", (): DocumentInterface[] => Reflect.get({}, "none"), String.raw`undefined\.$`],
    ["with a document twice", () => [one, one], "number 0 twice"],
  ])("%s", async (_name, compress, message) => {
    const scorer = new CompressorScorer({ compressor: compressing(compress), name: "mine" });
    const call = scorer.score("q", ["a", "b"]);
    await expect(call).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringMatching(`^Expected .* from mine, got .*${message}`),
    });
  });
});
