import { RetrievalError } from "../../errors.ts";
import type { Truncation } from "../tokens/packing.ts";

/** The names of sentence-transformers, in the order in which it concatenates their vectors. */
export const poolingModes = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
] as const;

/**
 * How token vectors become one vector: the first or the last one, their maximum or mean in each dimension, their sum
 * divided by the root of their number, or a mean in which the n-th token weighs n.
 */
export type Pooling = (typeof poolingModes)[number];

interface ModelRow {
  /** The full name first, then aliases. */
  readonly names: readonly [string, ...string[]];
  /** The repository on the hub with the ONNX files. */
  readonly repository?: string;
  /** A folder of this package's source tree, used if it exists. */
  readonly folder?: string;
  readonly licence: string;
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Number of parameters, to choose a model by. */
  readonly parameters: `${number}M`;
}

/** A model that maps one text to one vector. */
export interface BiEncoderRow extends ModelRow {
  readonly kind: "bi-encoder";
  readonly dimensions: number;
  /** `undefined` if the graph or the model's files have modules that a row cannot describe. */
  readonly pooling?: Pooling;
  readonly isNormalized: boolean;
  /** Prepended to queries. */
  readonly queryPrefix: string;
  /** Prepended to documents. */
  readonly documentPrefix: string;
  /**
   * Whether the mean of a vector's components is subtracted before the vector is shortened. @defaultValue false
   */
  readonly isCenteredToShorten?: boolean;
}

/** A model that reads query and text together. */
export interface CrossEncoderRow extends ModelRow {
  readonly kind: "cross-encoder";
  readonly truncation: Truncation;
}

const bgeEnglish = {
  kind: "bi-encoder",
  licence: "MIT",
  maxTokens: 512,
  pooling: "cls",
  isNormalized: true,
  queryPrefix: "Represent this sentence for searching relevant passages: ",
  documentPrefix: "",
} as const;
const normalizedVectors = {
  kind: "bi-encoder",
  licence: "Apache-2.0",
  isNormalized: true,
  queryPrefix: "",
  documentPrefix: "",
} as const;
const multilingualE5 = {
  ...normalizedVectors,
  licence: "MIT",
  maxTokens: 512,
  pooling: "mean",
  queryPrefix: "query: ",
  documentPrefix: "passage: ",
} as const;
const bgeReranker = { kind: "cross-encoder", maxTokens: 512, truncation: "only-second" } as const;
const longestFirst = {
  kind: "cross-encoder",
  licence: "Apache-2.0",
  maxTokens: 512,
  truncation: "longest-first",
} as const;
const ettin = { ...longestFirst, maxTokens: 7999 } as const;

/** Every model known by name; to add a model, add a row. */
export const modelCatalog: readonly (BiEncoderRow | CrossEncoderRow)[] = [
  {
    ...bgeEnglish,
    names: ["BAAI/bge-small-en-v1.5", "bge-small-en-v1.5", "bge-small"],
    repository: "Xenova/bge-small-en-v1.5",
    dimensions: 384,
    parameters: "33M",
  },
  {
    ...bgeEnglish,
    names: ["BAAI/bge-base-en-v1.5", "bge-base-en-v1.5", "bge-base"],
    repository: "Xenova/bge-base-en-v1.5",
    dimensions: 768,
    parameters: "109M",
  },
  {
    ...bgeEnglish,
    names: ["BAAI/bge-large-en-v1.5", "bge-large-en-v1.5", "bge-large"],
    repository: "Xenova/bge-large-en-v1.5",
    dimensions: 1024,
    parameters: "335M",
  },
  {
    kind: "bi-encoder",
    names: ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"],
    repository: "Xenova/all-MiniLM-L6-v2",
    folder: "models/all-MiniLM-L6-v2",
    licence: "Apache-2.0",
    maxTokens: 256,
    dimensions: 384,
    pooling: "mean",
    isNormalized: true,
    queryPrefix: "",
    documentPrefix: "",
    parameters: "23M",
  },
  {
    kind: "bi-encoder",
    names: ["BAAI/bge-m3", "bge-m3"],
    repository: "Xenova/bge-m3",
    licence: "MIT",
    maxTokens: 8192,
    dimensions: 1024,
    pooling: "cls",
    isNormalized: true,
    queryPrefix: "",
    documentPrefix: "",
    parameters: "568M",
  },
  {
    ...normalizedVectors,
    names: ["sentence-transformers/all-mpnet-base-v2", "all-mpnet-base-v2"],
    repository: "sentence-transformers/all-mpnet-base-v2",
    maxTokens: 384,
    dimensions: 768,
    pooling: "mean",
    parameters: "109M",
  },
  {
    ...multilingualE5,
    names: ["intfloat/multilingual-e5-small", "multilingual-e5-small"],
    repository: "intfloat/multilingual-e5-small",
    dimensions: 384,
    parameters: "118M",
  },
  {
    ...multilingualE5,
    names: ["intfloat/multilingual-e5-base", "multilingual-e5-base"],
    repository: "intfloat/multilingual-e5-base",
    dimensions: 768,
    parameters: "278M",
  },
  {
    ...multilingualE5,
    names: ["intfloat/multilingual-e5-large", "multilingual-e5-large"],
    repository: "intfloat/multilingual-e5-large",
    dimensions: 1024,
    parameters: "560M",
  },
  {
    ...normalizedVectors,
    names: ["Alibaba-NLP/gte-modernbert-base", "gte-modernbert-base"],
    repository: "Alibaba-NLP/gte-modernbert-base",
    maxTokens: 8192,
    dimensions: 768,
    pooling: "cls",
    parameters: "149M",
  },
  {
    ...normalizedVectors,
    names: ["ibm-granite/granite-embedding-english-r2", "granite-embedding-english-r2"],
    repository: "onnx-community/granite-embedding-english-r2-ONNX",
    maxTokens: 8192,
    dimensions: 768,
    pooling: "cls",
    parameters: "149M",
  },
  {
    ...normalizedVectors,
    names: ["nomic-ai/nomic-embed-text-v1.5", "nomic-embed-text-v1.5", "nomic-embed-text"],
    repository: "nomic-ai/nomic-embed-text-v1.5",
    // Trained on 2048 positions; the published graph does not scale its rotary embedding beyond them.
    maxTokens: 2048,
    dimensions: 768,
    pooling: "mean",
    queryPrefix: "search_query: ",
    documentPrefix: "search_document: ",
    isCenteredToShorten: true,
    parameters: "137M",
  },
  {
    ...normalizedVectors,
    names: ["Snowflake/snowflake-arctic-embed-m-v2.0", "snowflake-arctic-embed-m-v2.0"],
    repository: "Snowflake/snowflake-arctic-embed-m-v2.0",
    maxTokens: 8192,
    dimensions: 768,
    pooling: "cls",
    queryPrefix: "query: ",
    parameters: "305M",
  },
  {
    ...normalizedVectors,
    names: ["google/embeddinggemma-300m", "embeddinggemma-300m", "embeddinggemma"],
    repository: "onnx-community/embeddinggemma-300m-ONNX",
    licence: "Gemma",
    maxTokens: 2048,
    dimensions: 768,
    queryPrefix: "task: search result | query: ",
    documentPrefix: "title: none | text: ",
    parameters: "303M",
  },
  {
    ...normalizedVectors,
    names: ["Qwen/Qwen3-Embedding-0.6B", "Qwen3-Embedding-0.6B"],
    repository: "onnx-community/Qwen3-Embedding-0.6B-ONNX",
    maxTokens: 8192,
    dimensions: 1024,
    pooling: "lasttoken",
    queryPrefix:
      "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
    parameters: "596M",
  },
  {
    ...bgeReranker,
    names: ["BAAI/bge-reranker-base", "bge-reranker-base"],
    repository: "Xenova/bge-reranker-base",
    licence: "MIT",
    parameters: "278M",
  },
  {
    ...bgeReranker,
    names: ["BAAI/bge-reranker-large", "bge-reranker-large"],
    repository: "Xenova/bge-reranker-large",
    licence: "MIT",
    parameters: "560M",
  },
  {
    ...bgeReranker,
    names: ["BAAI/bge-reranker-v2-m3", "bge-reranker-v2-m3"],
    repository: "onnx-community/bge-reranker-v2-m3-ONNX",
    licence: "Apache-2.0",
    parameters: "568M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L2-v2",
      "cross-encoder/ms-marco-MiniLM-L-2-v2",
      "ms-marco-MiniLM-L2-v2",
      "ms-marco-MiniLM-L-2-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-2-v2",
    parameters: "16M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L4-v2",
      "cross-encoder/ms-marco-MiniLM-L-4-v2",
      "ms-marco-MiniLM-L4-v2",
      "ms-marco-MiniLM-L-4-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-4-v2",
    parameters: "19M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L6-v2",
      "cross-encoder/ms-marco-MiniLM-L-6-v2",
      "ms-marco-MiniLM-L6-v2",
      "ms-marco-MiniLM-L-6-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-6-v2",
    parameters: "23M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L12-v2",
      "cross-encoder/ms-marco-MiniLM-L-12-v2",
      "ms-marco-MiniLM-L12-v2",
      "ms-marco-MiniLM-L-12-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-12-v2",
    parameters: "33M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-TinyBERT-L2-v2",
      "cross-encoder/ms-marco-TinyBERT-L-2-v2",
      "ms-marco-TinyBERT-L2-v2",
      "ms-marco-TinyBERT-L-2-v2",
    ],
    repository: "Xenova/ms-marco-TinyBERT-L-2-v2",
    parameters: "4M",
  },
  {
    ...longestFirst,
    names: ["mixedbread-ai/mxbai-rerank-xsmall-v1", "mxbai-rerank-xsmall-v1"],
    repository: "mixedbread-ai/mxbai-rerank-xsmall-v1",
    parameters: "71M",
  },
  {
    ...longestFirst,
    names: ["mixedbread-ai/mxbai-rerank-base-v1", "mxbai-rerank-base-v1"],
    repository: "mixedbread-ai/mxbai-rerank-base-v1",
    parameters: "184M",
  },
  {
    ...longestFirst,
    names: ["jinaai/jina-reranker-v1-tiny-en", "jina-reranker-v1-tiny-en"],
    repository: "jinaai/jina-reranker-v1-tiny-en",
    maxTokens: 8192,
    parameters: "33M",
  },
  {
    ...longestFirst,
    names: ["jinaai/jina-reranker-v1-turbo-en", "jina-reranker-v1-turbo-en"],
    repository: "jinaai/jina-reranker-v1-turbo-en",
    maxTokens: 8192,
    parameters: "38M",
  },
  {
    ...longestFirst,
    names: ["jinaai/jina-reranker-v2-base-multilingual", "jina-reranker-v2-base-multilingual"],
    repository: "jinaai/jina-reranker-v2-base-multilingual",
    licence: "CC-BY-NC-4.0",
    maxTokens: 1024,
    parameters: "278M",
  },
  {
    ...longestFirst,
    names: ["Alibaba-NLP/gte-reranker-modernbert-base", "gte-reranker-modernbert-base"],
    repository: "Alibaba-NLP/gte-reranker-modernbert-base",
    maxTokens: 8192,
    parameters: "150M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-17m-v1", "ettin-reranker-17m-v1", "ettin-reranker-17m"],
    repository: "cross-encoder/ettin-reranker-17m-v1",
    parameters: "17M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-32m-v1", "ettin-reranker-32m-v1", "ettin-reranker-32m"],
    repository: "cross-encoder/ettin-reranker-32m-v1",
    parameters: "32M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-68m-v1", "ettin-reranker-68m-v1", "ettin-reranker-68m"],
    repository: "cross-encoder/ettin-reranker-68m-v1",
    parameters: "68M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-150m-v1", "ettin-reranker-150m-v1", "ettin-reranker-150m"],
    repository: "cross-encoder/ettin-reranker-150m-v1",
    parameters: "149M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-400m-v1", "ettin-reranker-400m-v1", "ettin-reranker-400m"],
    repository: "cross-encoder/ettin-reranker-400m-v1",
    parameters: "395M",
  },
  {
    ...ettin,
    names: ["cross-encoder/ettin-reranker-1b-v1", "ettin-reranker-1b-v1", "ettin-reranker-1b"],
    repository: "cross-encoder/ettin-reranker-1b-v1",
    parameters: "1028M",
  },
  {
    ...longestFirst,
    names: ["rerank-minilm-l6"],
    folder: "models/rerank-minilm-l6",
    parameters: "23M",
  },
  {
    ...longestFirst,
    names: ["rerank-minilm-l3"],
    folder: "models/rerank-minilm-l3",
    parameters: "17M",
  },
];

/** The row with this name, ignoring case; `undefined` if the catalogue has none. */
export function findModel(name: string): BiEncoderRow | CrossEncoderRow | undefined {
  const wanted = name.toLowerCase();
  return modelCatalog.find(({ names }) => names.some((known) => known.toLowerCase() === wanted));
}

/** The model's name on the hub if the catalogue knows it by `name`, else `name` itself. */
export function canonicalName(name: string): string {
  return findModel(name)?.names[0] ?? name;
}

type ModelKind = (BiEncoderRow | CrossEncoderRow)["kind"];
type RowOfKind<Kind extends ModelKind> = Extract<
  BiEncoderRow | CrossEncoderRow,
  { readonly kind: Kind }
>;

/**
 * The row of a model, if the catalogue has it; refuses one of the other kind. A model outside the catalogue
 * shows its kind when it runs.
 */
export function requireKind<Kind extends ModelKind>(
  name: string,
  kind: Kind,
): RowOfKind<Kind> | undefined {
  const row = typeof name === "string" ? findModel(name) : undefined;
  if (row === undefined) return undefined;
  if (isOfKind(row, kind)) return row;
  const use = {
    "bi-encoder": "pass it to OnnxEmbeddings, or as --model on the command line",
    "cross-encoder": "pass it to CrossEncoderReranker, or as --reranker on the command line",
  } as const;
  throw new RetrievalError(
    "model-mismatch",
    `Expected a ${kind}, but ${name} is a ${row.kind}: ${use[row.kind]}.`,
  );
}

function isOfKind<Kind extends ModelKind>(
  row: BiEncoderRow | CrossEncoderRow,
  kind: Kind,
): row is RowOfKind<Kind> {
  return row.kind === kind;
}
