import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { BaseRetriever } from "@langchain/core/retrievers";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { Runnable } from "@langchain/core/runnables";
import { describe, expectTypeOf, test } from "vitest";
import type * as evaluation from "../src/evaluation/index.ts";
import * as langchainRerank from "../src/index.ts";

// Checked by `tsc -p test`; at run time these do nothing.
const {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxCrossEncoder,
  OnnxEmbeddings,
  TwoStageRetriever,
} = langchainRerank;

describe("the types of the package", () => {
  test("fit where LangChain takes its own", () => {
    expectTypeOf(OnnxEmbeddings).instance.toExtend<EmbeddingsInterface>();
    expectTypeOf(CrossEncoderReranker).instance.toExtend<BaseDocumentCompressor>();
    expectTypeOf(Bm25Retriever).instance.toExtend<BaseRetriever>();
    expectTypeOf(DenseRetriever).instance.toExtend<BaseRetriever>();
    expectTypeOf(HybridRetriever).instance.toExtend<BaseRetriever>();
    expectTypeOf(TwoStageRetriever).instance.toExtend<BaseRetriever>();
    expectTypeOf(createAnswerChain).returns.toExtend<Runnable<langchainRerank.AnswerInput>>();
  });

  test("take a scorer that gives scores alone, and complete what it gives", () => {
    const own = {
      name: "lengths",
      scale: "unbounded" as const,
      score: async (_query: string, texts: readonly string[]) => ({
        scores: texts.map((text) => text.length),
      }),
    };
    expectTypeOf(own).toExtend<langchainRerank.PairScorer>();
    expectTypeOf(OnnxCrossEncoder).instance.toExtend<langchainRerank.PairScorer>();
    expectTypeOf(OnnxCrossEncoder)
      .instance.toHaveProperty("score")
      .returns.resolves.toExtend<langchainRerank.CompletePairScores>();
    expectTypeOf<langchainRerank.UnscoredReason>().toEqualTypeOf<
      "deadline" | "error" | "budget" | "unlikely"
    >();
  });

  test("refuse misspelt options and choices", () => {
    expectTypeOf<{ modelName: string }>().not.toExtend<langchainRerank.OnnxEmbeddingsOptions>();
    expectTypeOf<"gpu">().not.toExtend<langchainRerank.Device>();
    expectTypeOf<"q8">().not.toExtend<langchainRerank.Dtype>();
    expectTypeOf<"ignore">().not.toExtend<
      NonNullable<langchainRerank.TwoStageRetrieverOptions["onError"]>
    >();
  });

  test("take the options of a model or a scorer, not both", () => {
    type Options = langchainRerank.CrossEncoderRerankerOptions;
    type Scorer = langchainRerank.PairScorer;
    expectTypeOf<{ model: string; dtype: "fp32"; topN: number }>().toExtend<Options>();
    expectTypeOf<{ scorer: Scorer; topN: number }>().toExtend<Options>();
    expectTypeOf<{ scorer: Scorer; model: undefined }>().toExtend<Options>();
    expectTypeOf<object>().toExtend<Options>();
    expectTypeOf<{ scorer: Scorer; model: string }>().not.toExtend<Options>();
    expectTypeOf<{ scorer: Scorer; cache: boolean }>().not.toExtend<Options>();
    expectTypeOf<{
      scorer: Scorer;
      model: string;
    }>().not.toExtend<langchainRerank.SentenceCompressorOptions>();
  });

  test("take a list reranker instead of both, without what needs scores", () => {
    type Options = langchainRerank.CrossEncoderRerankerOptions;
    type Ranker = langchainRerank.ListReranker;
    expectTypeOf<{ ranker: Ranker; topN: number; deadlineMs: number }>().toExtend<Options>();
    expectTypeOf<{ ranker: Ranker; scorer: langchainRerank.PairScorer }>().not.toExtend<Options>();
    expectTypeOf<{ ranker: Ranker; model: string }>().not.toExtend<Options>();
    expectTypeOf<{ ranker: Ranker; scoreThreshold: number }>().not.toExtend<Options>();
    expectTypeOf<{ ranker: Ranker; adaptiveDepth: true }>().not.toExtend<Options>();
    expectTypeOf<{
      ranker: Ranker;
    }>().not.toExtend<langchainRerank.SentenceCompressorOptions>();
  });

  test("give documents of LangChain, and a trace that tells each stage", () => {
    expectTypeOf(CrossEncoderReranker)
      .instance.toHaveProperty("rerank")
      .parameter(1)
      .toEqualTypeOf<readonly DocumentInterface[]>();
    expectTypeOf(TwoStageRetriever)
      .instance.toHaveProperty("search")
      .returns.resolves.toEqualTypeOf<langchainRerank.RetrievalTrace>();
    expectTypeOf<langchainRerank.RetrievalTrace["documents"]>().toEqualTypeOf<
      readonly Document[]
    >();
    expectTypeOf<langchainRerank.StageTrace["failure"]>().toEqualTypeOf<string | undefined>();
  });

  test("let every kind of retriever be measured", () => {
    expectTypeOf<langchainRerank.TwoStageRetriever>().toExtend<evaluation.System>();
    expectTypeOf<langchainRerank.Bm25Retriever>().toExtend<evaluation.System>();
    expectTypeOf<langchainRerank.TwoStageRetriever>().toExtend<evaluation.PoolingRetriever>();
  });

  test("let the answers of a chain be evaluated, by one kind of judge", () => {
    type Judge = evaluation.AnswerJudge;
    type Scorer = langchainRerank.PairScorer;
    expectTypeOf<langchainRerank.AnswerChain>().toExtend<evaluation.AnsweringChain>();
    expectTypeOf<langchainRerank.Answer>().toExtend<evaluation.ChainAnswer>();
    expectTypeOf<{ llm: evaluation.LanguageModel }>().toExtend<Judge>();
    expectTypeOf<{ scorer: Scorer; supportThreshold: number }>().toExtend<Judge>();
    expectTypeOf<{ llm: evaluation.LanguageModel; scorer: Scorer }>().not.toExtend<Judge>();
    expectTypeOf<{
      llm: evaluation.LanguageModel;
      supportThreshold: number;
    }>().not.toExtend<Judge>();
    expectTypeOf<evaluation.ClaimVerdict>().toEqualTypeOf<
      "supported" | "unsupported" | "uncited" | "unjudged"
    >();
  });

  test("let rerankers be compared over first stages", () => {
    type FirstStage = evaluation.CollectBakeOffOptions["firstStages"][string];
    expectTypeOf<langchainRerank.CrossEncoderReranker>().toExtend<evaluation.BakeOffReranker>();
    expectTypeOf<langchainRerank.Bm25Retriever>().toExtend<FirstStage>();
    expectTypeOf<langchainRerank.HybridRetriever>().toExtend<FirstStage>();
    expectTypeOf<evaluation.BakeOffResult["configuration"]>().toEqualTypeOf<
      ReturnType<typeof evaluation.chooseConfiguration>
    >();
  });

  test("keep a baseline and its comparison for other programs", () => {
    type Read = Awaited<ReturnType<typeof evaluation.readBaseline>>;
    expectTypeOf<Read>().toEqualTypeOf<evaluation.Baseline>();
    expectTypeOf<typeof evaluation.compareToBaseline>()
      .parameter(1)
      .toEqualTypeOf<evaluation.ExperimentResult>();
    expectTypeOf<
      ReturnType<typeof evaluation.compareToBaseline>
    >().toEqualTypeOf<evaluation.BaselineComparison>();
    expectTypeOf<{
      latencyTolerance: "25%";
    }>().not.toExtend<evaluation.CompareToBaselineOptions>();
    expectTypeOf<{
      settings: { model: string; candidates: number };
    }>().toExtend<evaluation.BaselineOptions>();
  });

  test("let a report show the gate's decision", () => {
    expectTypeOf<ReturnType<typeof evaluation.chooseConfiguration>>().toExtend<
      NonNullable<evaluation.ReportInput["configuration"]>
    >();
    expectTypeOf<
      evaluation.ReportData["decision"]
    >().toEqualTypeOf<evaluation.ReportDecision | null>();
  });

  test("forecast the time of a call from what a model says about itself", () => {
    expectTypeOf<langchainRerank.ModelInfo>().toExtend<langchainRerank.ModelSpeed>();
    expectTypeOf<langchainRerank.CrossEncoderInfo>().toExtend<langchainRerank.ModelSpeed>();
    expectTypeOf<{ pairs: number }>().not.toExtend<langchainRerank.ExpectedCall>();
    expectTypeOf(langchainRerank.expectedMilliseconds).returns.toEqualTypeOf<number>();
  });
});
