import type { CrossEncoderRow } from "./model-row.ts";

const bgeReranker = { kind: "cross-encoder", maxTokens: 512, truncation: "only-second" } as const;
const longestFirst = {
  kind: "cross-encoder",
  licence: "Apache-2.0",
  maxTokens: 512,
  truncation: "longest-first",
} as const;
const ettin = { ...longestFirst, maxTokens: 7999 } as const;

export const crossEncoderRows: readonly CrossEncoderRow[] = [
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
    names: [
      "cross-encoder/ettin-reranker-150m-v1",
      "ettin-reranker-150m-v1",
      "ettin-reranker-150m",
    ],
    repository: "cross-encoder/ettin-reranker-150m-v1",
    parameters: "149M",
  },
  {
    ...ettin,
    names: [
      "cross-encoder/ettin-reranker-400m-v1",
      "ettin-reranker-400m-v1",
      "ettin-reranker-400m",
    ],
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
    names: ["Qwen/Qwen3-Reranker-0.6B", "Qwen3-Reranker-0.6B"],
    repository: "onnx-community/Qwen3-Reranker-0.6B-ONNX",
    maxTokens: 8192,
    readsInstruction: true,
    parameters: "596M",
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
