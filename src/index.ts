export type { LanguageModel } from "./chat-models/language-model.ts";
export type { ReplyKind } from "./chat-models/model-reply.ts";
export {
  CrossEncoderReranker,
  type CrossEncoderRerankerOptions,
  type RerankOptions,
} from "./cross-encoder/cross-encoder-reranker.ts";
export {
  OnnxCrossEncoder,
  type OnnxCrossEncoderOptions,
  type OnnxPairScores,
} from "./cross-encoder/onnx-cross-encoder.ts";
export {
  SentenceCompressor,
  type KeptSpan,
  type SentenceCompressorOptions,
} from "./cross-encoder/sentence-compressor.ts";
export type { CandidateOptions, CandidateSource } from "./documents/candidate-source.ts";
export { loadFolder, type LoadedFolder, type LoadFolderOptions } from "./documents/load-folder.ts";
export type { MetadataFilter } from "./documents/metadata-filter.ts";
export type { Provenance } from "./documents/provenance.ts";
export {
  splitPassages,
  type PassageMetadata,
  type SplitPassagesOptions,
} from "./documents/split-passages.ts";
export { OnnxEmbeddings, type OnnxEmbeddingsOptions } from "./embeddings/onnx-embeddings.ts";
export { RedundancyFilter, type RedundancyFilterOptions } from "./embeddings/redundancy-filter.ts";
export { RetrievalError, type RetrievalErrorCode } from "./errors.ts";
export type { Fusion } from "./fusion/fusion.ts";
export { reciprocalRankFusion } from "./fusion/reciprocal-rank-fusion.ts";
export { weightedScoreFusion } from "./fusion/weighted-score-fusion.ts";
export { Bm25Retriever, type Bm25RetrieverOptions } from "./lexical/bm25-retriever.ts";
export type { DownloadProgress } from "./model/files/hub-file.ts";
export type { ModelInfo } from "./model/onnx-model.ts";
export type { Arithmetic } from "./ranking/arithmetic.ts";
export type { ListReranker } from "./ranking/list-reranker.ts";
export type {
  CompletePairScores,
  PairScorer,
  PairScores,
  ScoreOptions,
  UnscoredReason,
} from "./ranking/pair-scorer.ts";
export type {
  Answer,
  AnswerChunk,
  AnswerReply,
  AnswerStage,
  AnswerTrace,
  Citation,
  InventedCitation,
  OmittedDocument,
} from "./answering/answer.ts";
export type { AnswerInput } from "./answering/answer-input.ts";
export type { TokenCounter } from "./answering/count-tokens.ts";
export {
  createAnswerChain,
  type AnswerChain,
  type AnswerChainOptions,
} from "./answering/create-answer-chain.ts";
export {
  indexFolder,
  type IndexFolderOptions,
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
export { renderTrace } from "./retrieval/render-trace.ts";
export type { RetrievalTrace, StageTrace } from "./documents/retrieval-trace.ts";
export type {
  TwoStageRetrieverOptions,
  TwoStageSearchOptions,
} from "./retrieval/two-stage-options.ts";
export { TwoStageRetriever } from "./retrieval/two-stage-retriever.ts";
export type { ChromaStore } from "./vector-store/chroma-store.ts";
export { DenseRetriever, type DenseRetrieverOptions } from "./vector-store/dense-retriever.ts";
export { openChroma, type OpenChromaOptions } from "./vector-store/open-chroma.ts";
