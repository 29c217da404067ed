export {
  CrossEncoderReranker,
  type CrossEncoderRerankerOptions,
  type RerankOptions,
} from "./cross-encoder/cross-encoder-reranker.ts";
export {
  OnnxCrossEncoder,
  type OnnxCrossEncoderOptions,
} from "./cross-encoder/onnx-cross-encoder.ts";
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
export { RetrievalError, type RetrievalErrorCode } from "./errors.ts";
export type { DownloadProgress } from "./model/hub-file.ts";
export type { ModelInfo } from "./model/onnx-model.ts";
export type { ListReranker } from "./ranking/list-reranker.ts";
export type { PairScorer, ScoreOptions } from "./ranking/pair-scorer.ts";
export {
  indexFolder,
  type IndexFolderOptions,
  type IndexReport,
} from "./retrieval/index-folder.ts";
export type { ChromaStore } from "./vector-store/chroma-store.ts";
export { DenseRetriever, type DenseRetrieverOptions } from "./vector-store/dense-retriever.ts";
export { openChroma, type OpenChromaOptions } from "./vector-store/open-chroma.ts";
