import { RetrievalError } from "../../errors.ts";
import type { Truncation } from "../tokens/packing.ts";
import type { Pooling } from "../tokens/pooling.ts";

interface ModelRow {
  /** The full name first, then aliases; lists show the last one. */
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
  readonly pooling: Pooling;
  readonly isNormalized: boolean;
  /** Prepended to queries, never to documents. */
  readonly queryPrefix: string;
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
} as const;
const bgeReranker = { kind: "cross-encoder", maxTokens: 512, truncation: "only-second" } as const;
const longestFirst = {
  kind: "cross-encoder",
  licence: "Apache-2.0",
  maxTokens: 512,
  truncation: "longest-first",
} as const;

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
    parameters: "568M",
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
      "ms-marco-MiniLM-L-2-v2",
      "ms-marco-MiniLM-L2-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-2-v2",
    parameters: "16M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L4-v2",
      "cross-encoder/ms-marco-MiniLM-L-4-v2",
      "ms-marco-MiniLM-L-4-v2",
      "ms-marco-MiniLM-L4-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-4-v2",
    parameters: "19M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L6-v2",
      "cross-encoder/ms-marco-MiniLM-L-6-v2",
      "ms-marco-MiniLM-L-6-v2",
      "ms-marco-MiniLM-L6-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-6-v2",
    parameters: "23M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-MiniLM-L12-v2",
      "cross-encoder/ms-marco-MiniLM-L-12-v2",
      "ms-marco-MiniLM-L-12-v2",
      "ms-marco-MiniLM-L12-v2",
    ],
    repository: "Xenova/ms-marco-MiniLM-L-12-v2",
    parameters: "33M",
  },
  {
    ...longestFirst,
    names: [
      "cross-encoder/ms-marco-TinyBERT-L2-v2",
      "cross-encoder/ms-marco-TinyBERT-L-2-v2",
      "ms-marco-TinyBERT-L-2-v2",
      "ms-marco-TinyBERT-L2-v2",
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

/**
 * Refuses a model of the catalogue that is of the other kind. A model outside the catalogue shows its kind when
 * it runs.
 */
export function requireKind(name: string, kind: "bi-encoder" | "cross-encoder"): void {
  const row = typeof name === "string" ? findModel(name) : undefined;
  if (row === undefined || row.kind === kind) return;
  const use = {
    "bi-encoder": "pass it to `OnnxEmbeddings`",
    "cross-encoder": "pass it to `CrossEncoderReranker`",
  } as const;
  throw new RetrievalError(
    "model-mismatch",
    `Expected a ${kind}, but ${name} is a ${row.kind}: ${use[row.kind]}.`,
  );
}
