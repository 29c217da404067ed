export { fromTransformers, type FromTransformers } from "./from-transformers.ts";
export type { TokenizerOptions, TransformersModel, TransformersTokenizer } from "./loaded-model.ts";
export type { TransformersEmbeddingsOptions } from "./transformers-embeddings.ts";
export type { TransformersScorerOptions } from "./transformers-scorer.ts";
export type { Truncation } from "../model/tokens/packing.ts";
