import { Document } from "@langchain/core/documents";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { baselineOf } from "../src/evaluation/baseline/baseline.ts";
import * as evaluation from "../src/evaluation/index.ts";
import * as fusion from "../src/fusion/index.ts";
import * as everything from "../src/index.ts";
import * as lexical from "../src/lexical/index.ts";
import * as rerankers from "../src/rerankers/index.ts";
import * as server from "../src/server/index.ts";
import type { PairScorer } from "../src/ranking/pair-scorer.ts";
import { fromTransformers } from "../src/transformers/index.ts";
import {
  collect,
  judgements as bakeOffJudgements,
} from "./evaluation/bake-off/planted-bake-off.ts";
import { hint, plantEvidence } from "./evaluation/fitting/judged-pools.ts";
import { plant } from "./evaluation/gate/planted-pools.ts";
import { plantedExperiment } from "./evaluation/planted-experiment.ts";
import { loadTiny } from "./transformers/load-tiny.ts";
import { HashEmbeddings } from "./vector-store/hash-embeddings.ts";

const embeddings = new HashEmbeddings();
const document = new Document({ pageContent: "Rivers flow.", id: "a", metadata: { source: "a" } });
const scorer: PairScorer = {
  name: "lengths",
  scale: "probability",
  score: async (_query, texts) => ({ scores: texts.map(() => 0.5) }),
};
const corpus = new everything.CorpusSource([document]);
const reranker = new everything.CrossEncoderReranker({ scorer });
const store = new MemoryVectorStore(embeddings);
const embedder = new everything.OnnxEmbeddings();
const bm25 = new everything.Bm25Retriever();
const twoStage = new everything.TwoStageRetriever({ candidates: corpus, reranker });
const multiVector = new rerankers.MultiVectorScorer({ model: "all-MiniLM-L6-v2" });
const planted = plantedExperiment({ places: [[1, 1]] });
const pools = { ...plant(() => 0, { seed: 1 }), measures: [evaluation.nDCG(10)] };
const bakeOff = {
  pools: await collect({ rerankers: {} }),
  judgements: bakeOffJudgements,
  measures: [evaluation.nDCG(10)],
};
const fusible = plantEvidence({ dense: hint, lexical: hint, rerank: hint }, { queries: 10 });
const llm = new FakeListChatModel({ responses: ["1. What?"] });
const answering = {
  chain: { invoke: async () => ({ answer: "", citations: [], documents: [] }) },
  questions: new Map([["q", "Which river?"]]),
  judgements: evaluation.judgementsFrom({ q: { a: 1 } }),
};
const loaded = fromTransformers(...(await loadTiny("tiny-bert-reranker")));
const comparing = [{ name: "AP", perQuery: new Map(), mean: 0 }];

const index = new server.SearchIndex({ dense: bm25, reranker });

/** What belongs into an option. */
export const things = { bm25, embeddings, reranker, store };

/** Makes a thing, or calls a function or a method, as plain JavaScript does: without types. */
const made = (name: string) => (options: unknown) =>
  Reflect.construct(Reflect.get(everything, name), [options]);
const called =
  (from: object, name: string, ...before: readonly unknown[]) =>
  (options: unknown): unknown =>
    Reflect.apply(Reflect.get(from, name), from, [...before, options]);

/** Every way to hand options in, with those that it must have. */
export const takers: Readonly<
  Record<string, readonly [required: object, (options: unknown) => unknown]>
> = {
  Bm25Index: [{}, (options) => Reflect.construct(lexical.Bm25Index, [options])],
  "Bm25Index.load": [{}, called(lexical.Bm25Index, "load", "no-such-file")],
  "Bm25Index.add": [{}, called(new lexical.Bm25Index(), "add", [])],
  "Bm25Index.update": [{}, called(new lexical.Bm25Index(), "update", [])],
  "Bm25Index.search": [{}, called(new lexical.Bm25Index(), "search", "a", 1)],
  Bm25Retriever: [{}, made("Bm25Retriever")],
  "Bm25Retriever.load": [{}, called(everything.Bm25Retriever, "load", "no-such-file")],
  "Bm25Retriever.fromDocuments": [{}, called(everything.Bm25Retriever, "fromDocuments", [])],
  "Bm25Retriever.addDocuments": [{}, called(bm25, "addDocuments", [])],
  "Bm25Retriever.candidates": [{ k: 1 }, called(bm25, "candidates", "a")],
  "Bm25Retriever.delete": [{ ids: [] }, called(bm25, "delete")],
  CascadeScorer: [
    { stages: [{ scorer }, { scorer }] },
    (options) => Reflect.construct(rerankers.CascadeScorer, [options]),
  ],
  "CascadeScorer.stages": [
    { scorer },
    (stage) => Reflect.construct(rerankers.CascadeScorer, [{ stages: [{ scorer }, stage] }]),
  ],
  "CascadeScorer.score": [
    {},
    called(new rerankers.CascadeScorer({ stages: [{ scorer }, { scorer }] }), "score", "a", []),
  ],
  CompressorScorer: [
    { compressor: reranker },
    (options) => Reflect.construct(rerankers.CompressorScorer, [options]),
  ],
  "CompressorScorer.score": [
    {},
    called(new rerankers.CompressorScorer({ compressor: reranker }), "score", "a", []),
  ],
  CrossEncoderReranker: [{ scorer }, made("CrossEncoderReranker")],
  "CrossEncoderReranker.rerank": [{}, called(reranker, "rerank", "a", [])],
  "CorpusSource.candidates": [{ k: 1 }, called(corpus, "candidates", "a")],
  DenseRetriever: [{ store }, made("DenseRetriever")],
  HybridRetriever: [{ retrievers: [corpus] }, made("HybridRetriever")],
  "HybridRetriever.retrievers": [
    { retriever: corpus },
    (member) => Reflect.construct(everything.HybridRetriever, [{ retrievers: [member] }]),
  ],
  OnnxCrossEncoder: [{}, made("OnnxCrossEncoder")],
  "OnnxCrossEncoder.score": [{}, called(new everything.OnnxCrossEncoder(), "score", "a", [])],
  OnnxEmbeddings: [{}, made("OnnxEmbeddings")],
  "OnnxEmbeddings.embedStream": [
    {},
    (options) =>
      Reflect.apply(Reflect.get(embedder, "embedStream"), embedder, [[], options]).next(),
  ],
  RedundancyFilter: [{ embeddings }, made("RedundancyFilter")],
  "RedundancyFilter.compress": [
    {},
    called(new everything.RedundancyFilter({ embeddings }), "compress", "a", []),
  ],
  MultiVectorScorer: [
    { model: "all-MiniLM-L6-v2" },
    (options) => Reflect.construct(rerankers.MultiVectorScorer, [options]),
  ],
  "MultiVectorScorer.score": [{}, called(multiVector, "score", "a", [])],
  "MultiVectorScorer.store": [{}, called(multiVector, "store", [])],
  ChatListReranker: [
    { llm },
    (options) => Reflect.construct(rerankers.ChatListReranker, [options]),
  ],
  "ChatListReranker.rank": [{}, called(new rerankers.ChatListReranker({ llm }), "rank", "a", [])],
  ChatPairScorer: [{ llm }, (options) => Reflect.construct(rerankers.ChatPairScorer, [options])],
  "ChatPairScorer.score": [{}, called(new rerankers.ChatPairScorer({ llm }), "score", "a", [])],
  RemotePairScorer: [
    { dialect: "tei", url: "http://localhost:1" },
    (options) => Reflect.construct(rerankers.RemotePairScorer, [options]),
  ],
  "RemotePairScorer.score": [
    {},
    called(
      new rerankers.RemotePairScorer({ dialect: "tei", url: "http://localhost:1" }),
      "score",
      "a",
      [],
    ),
  ],
  SentenceCompressor: [{ scorer }, made("SentenceCompressor")],
  "SentenceCompressor.compress": [
    {},
    called(new everything.SentenceCompressor({ scorer }), "compress", "a", []),
  ],
  TwoStageRetriever: [{ candidates: corpus, reranker }, made("TwoStageRetriever")],
  "TwoStageRetriever.fromConfiguration": [
    { candidates: corpus, reranker },
    called(everything.TwoStageRetriever, "fromConfiguration", "{}"),
  ],
  "TwoStageRetriever.search": [{}, called(twoStage, "search", "a")],
  SearchIndex: [
    { dense: bm25, reranker },
    (options) => Reflect.construct(server.SearchIndex, [options]),
  ],
  "SearchIndex.search": [{}, called(index, "search", "a")],
  createAnswerChain: [{ retriever: bm25, llm }, called(everything, "createAnswerChain")],
  createMcpServer: [{ index }, called(server, "createMcpServer")],
  mcpHandler: [{ index }, called(server, "mcpHandler")],
  createRetrievalTool: [
    { retriever: bm25, description: "d" },
    called(everything, "createRetrievalTool"),
  ],
  expectedMilliseconds: [
    { pairs: 1, tokens: 1 },
    called(everything, "expectedMilliseconds", { cost: { fixedMs: 1, perTokenMs: 1 }, workers: 1 }),
  ],
  indexFolder: [{ store }, called(everything, "indexFolder", ".")],
  loadFolder: [{}, called(everything, "loadFolder", "no-such-folder")],
  openChroma: [{ collectionName: "abc" }, called(everything, "openChroma", embeddings)],
  passageText: [{}, called(everything, "passageText", document)],
  renderTrace: [{}, called(everything, "renderTrace", { documents: [], stages: [] }, "text")],
  splitPassages: [{}, called(everything, "splitPassages", [])],
  createAnalyzer: [{}, called(lexical, "createAnalyzer")],
  reciprocalRankFusion: [{}, called(fusion, "reciprocalRankFusion")],
  weightedScoreFusion: [{}, called(fusion, "weightedScoreFusion")],
  "fromTransformers.scorer": [{}, called(loaded, "scorer")],
  "fromTransformers.scorer.score": [{}, called(loaded.scorer(), "score", "a", [])],
  "fromTransformers.embeddings": [{ pooling: "cls" }, called(loaded, "embeddings")],
  averagePrecision: [{}, called(evaluation, "averagePrecision", 10)],
  bakeOff: [bakeOff, called(evaluation, "bakeOff")],
  bootstrapInterval: [{}, called(evaluation, "bootstrapInterval", [1, 2])],
  chooseConfiguration: [pools, called(evaluation, "chooseConfiguration")],
  collectBakeOff: [
    { firstStages: { bm25 }, rerankers: {}, queries: new Map() },
    called(evaluation, "collectBakeOff"),
  ],
  collectPools: [{ retriever: twoStage, queries: new Map() }, called(evaluation, "collectPools")],
  compareChallengers: [{}, called(evaluation, "compareChallengers", comparing, new Map())],
  compareMeasure: [{}, called(evaluation, "compareMeasure", comparing[0], comparing[0])],
  compareSystems: [{}, called(evaluation, "compareSystems", comparing, comparing)],
  compareToBaseline: [
    {},
    called(evaluation, "compareToBaseline", baselineOf(planted, {}), planted),
  ],
  diagnose: [
    { baseline: "dense", challenger: "reranked" },
    called(evaluation, "diagnose", planted),
  ],
  evaluate: [
    { run: new Map(), judgements: new Map() },
    called(evaluation, "evaluate", evaluation.nDCG(10)),
  ],
  evaluateAnswers: [answering, called(evaluation, "evaluateAnswers")],
  "evaluateAnswers.judge of a model": [
    { llm },
    (judge) => called(evaluation, "evaluateAnswers")({ ...answering, judge }),
  ],
  "evaluateAnswers.judge of a scorer": [
    { scorer },
    (judge) => called(evaluation, "evaluateAnswers")({ ...answering, judge }),
  ],
  experiment: [
    {
      systems: { bm25 },
      queries: new Map([["q", "Which river?"]]),
      judgements: evaluation.judgementsFrom({ q: { a: 1 } }),
      measures: [evaluation.nDCG(10)],
    },
    called(evaluation, "experiment"),
  ],
  fitCalibration: [{ method: "platt", model: {} }, called(evaluation, "fitCalibration", [])],
  fitFusion: [fusible, called(evaluation, "fitFusion")],
  generateQuestions: [{}, called(evaluation, "generateQuestions", [], llm)],
  loadBeir: [{}, called(evaluation, "loadBeir", "no-such-folder")],
  measureReliability: [{}, called(evaluation, "measureReliability", [])],
  precision: [{}, called(evaluation, "precision", 10)],
  readJudgements: [{}, called(evaluation, "readJudgements", "no-such-file.tsv")],
  readRun: [{}, called(evaluation, "readRun", "no-such-file.run")],
  recall: [{}, called(evaluation, "recall", 10)],
  reciprocalRank: [{}, called(evaluation, "reciprocalRank", 10)],
  renderBakeOff: [
    {
      bakeOff: evaluation.bakeOff({ ...bakeOff, resamples: 10 }),
    },
    (input) => Reflect.apply(evaluation.renderBakeOff, undefined, [input, "json"]),
  ],
  renderReport: [
    { experiment: planted },
    (input) => Reflect.apply(evaluation.renderReport, undefined, [input, "json"]),
  ],
  success: [{}, called(evaluation, "success", 10)],
  sweep: [pools, called(evaluation, "sweep")],
  writeBaseline: [{}, called(evaluation, "writeBaseline", "no/such/file.json", planted)],
  writeJudgements: [{}, called(evaluation, "writeJudgements", "no/such/file.tsv", new Map())],
  writeRun: [{}, called(evaluation, "writeRun", "no/such/file.run", new Map())],
};
