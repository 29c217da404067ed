export {
  createAnalyzer,
  type AnalyzedText,
  type Analyzer,
  type AnalyzerOptions,
} from "./analyzer.ts";
export type { Bm25AddOptions, Bm25Document } from "./bm25-document.ts";
export {
  Bm25Index,
  type Bm25Hit,
  type Bm25IndexOptions,
  type Bm25SearchOptions,
} from "./bm25-index.ts";
export { Bm25Retriever, type Bm25RetrieverOptions } from "./bm25-retriever.ts";
export type { Bm25Parameters, TermWeight } from "./bm25-scoring.ts";
export {
  bm25Variants,
  type Bm25Constants,
  type Bm25Variant,
  type Bm25VariantName,
} from "./bm25-variants.ts";
export type { AnalyzerLanguage } from "./languages.ts";
export type { DocumentMetadata } from "./document-table.ts";
export type { SearchFilter } from "./search-filter.ts";
