export type { LanguageModel } from "./chat-models/language-model.ts";
export type { ReplyKind } from "./chat-models/model-reply.ts";
export {
  CrossEncoderReranker,
  type CrossEncoderRerankerOptions,
  type RerankerLimits,
  type RerankOptions,
  type RerankReport,
} from "./cross-encoder/cross-encoder-reranker.ts";
export {
  OnnxCrossEncoder,
  type CrossEncoderInfo,
  type OnnxCrossEncoderOptions,
  type OnnxPairScores,
} from "./cross-encoder/onnx-cross-encoder.ts";
export type { RankerSource, ScorerSource } from "./cross-encoder/scorer-source.ts";
export type { WindowOptions } from "./cross-encoder/window-options.ts";
export {
  SentenceCompressor,
  type KeptSpan,
  type SentenceCompressorOptions,
} from "./cross-encoder/sentence-compressor.ts";
export { CancellableCompressor, type CompressOptions } from "./documents/cancellable-compressor.ts";
export type { CandidateOptions, CandidateSource } from "./documents/candidate-source.ts";
export {
  loadFolder,
  type LoadedFolder,
  type LoadFolderOptions,
  type SkippedFile,
  type SkipReason,
} from "./documents/load-folder.ts";
export type { FieldFilter, MetadataFilter, Scalar } from "./documents/metadata-filter.ts";
export { passageText, type PassageTextOptions } from "./documents/passage-text.ts";
export type { Provenance, RerankOutcome, StageRank, StageScore } from "./documents/provenance.ts";
export type { VectorOrigin } from "./documents/vector-origin.ts";
export {
  splitPassages,
  type PassageMetadata,
  type SplitPassagesOptions,
} from "./documents/split-passages.ts";
export {
  OnnxEmbeddings,
  type EmbedStreamOptions,
  type OnnxEmbeddingsOptions,
} from "./embeddings/onnx-embeddings.ts";
export { RedundancyFilter, type RedundancyFilterOptions } from "./embeddings/redundancy-filter.ts";
export { RetrievalError, type RetrievalErrorCode } from "./errors.ts";
export type { Fusion } from "./fusion/fusion.ts";
export { reciprocalRankFusion } from "./fusion/reciprocal-rank-fusion.ts";
export { weightedScoreFusion } from "./fusion/weighted-score-fusion.ts";
export { Bm25Retriever, type Bm25RetrieverOptions } from "./lexical/bm25-retriever.ts";
export type { DownloadProgress } from "./model/files/hub-file.ts";
export type { Dtype } from "./model/files/graph-paths.ts";
export type { ModelInfo } from "./model/onnx-model.ts";
export {
  expectedMilliseconds,
  type ExpectedCall,
  type ModelSpeed,
  type PairCost,
  type ReadTotals,
  type RowCost,
} from "./model/queue/row-cost.ts";
export type { Pooling } from "./model/tokens/pooling.ts";
export type { Windowing } from "./model/tokens/text-windows.ts";
export type { Device } from "./model/workers/device.ts";
export type { Provider } from "./model/workers/worker-messages.ts";
export type { Arithmetic } from "./ranking/arithmetic.ts";
export type {
  FittedFusion,
  FusionContributions,
  FusionFeature,
  FusionWeight,
} from "./ranking/fitted-fusion.ts";
export type {
  ListReranker,
  ListRanking,
  RankOptions,
  UnrankedReason,
} from "./ranking/list-reranker.ts";
export type { CallReport, ModelUsage } from "./ranking/model-usage.ts";
export type {
  BestWindow,
  CompletePairScores,
  PairScorer,
  PairScores,
  ScoreOptions,
  ScorerIdentity,
  ScoreScale,
  UnscoredReason,
} from "./ranking/pair-scorer.ts";
export type { ScoringModel } from "./ranking/scoring-model.ts";
export type { ScoringStage } from "./ranking/scoring-stage.ts";
export type {
  Answer,
  AnswerChunk,
  AnswerReply,
  AnswerStage,
  AnswerTrace,
  Citation,
  InventedCitation,
  MergedPassage,
  OmittedDocument,
} from "./answering/answer.ts";
export type { AnswerInput } from "./answering/answer-input.ts";
export type { TokenCounter } from "./text/estimate-tokens.ts";
export {
  createAnswerChain,
  type AnswerChain,
  type AnswerChainOptions,
} from "./answering/create-answer-chain.ts";
export type { AnyRetriever } from "./retrieval/any-retriever.ts";
export {
  indexFolder,
  type IndexFolderOptions,
  type IndexProgress,
  type IndexReport,
  type StayingPassages,
} from "./retrieval/index-folder.ts";
export {
  createRetrievalTool,
  type RetrievalTool,
  type RetrievalToolOptions,
} from "./answering/create-retrieval-tool.ts";
export { CorpusSource } from "./retrieval/corpus-source.ts";
export {
  HybridRetriever,
  type HybridMember,
  type HybridRetrieverOptions,
} from "./retrieval/hybrid-retriever.ts";
export { renderTrace, type RenderTraceOptions } from "./retrieval/render-trace.ts";
export type { RetrievalTrace, ScorerTrace, StageTrace } from "./documents/retrieval-trace.ts";
export type {
  TwoStageRetrieverOptions,
  TwoStageSearchOptions,
} from "./retrieval/two-stage-options.ts";
export { TwoStageRetriever } from "./retrieval/two-stage-retriever.ts";
export type {
  AddDocumentsOptions,
  AddProgress,
  ChromaStore,
  DeleteOptions,
} from "./vector-store/chroma-store.ts";
export {
  DenseRetriever,
  type DenseRetrieverOptions,
  type ScoreKind,
} from "./vector-store/dense-retriever.ts";
export { openChroma, type OpenChromaOptions } from "./vector-store/open-chroma.ts";
