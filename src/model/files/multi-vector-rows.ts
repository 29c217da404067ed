import type { MultiVectorRow } from "./model-row.ts";

export const multiVectorRows: readonly MultiVectorRow[] = [
  {
    kind: "multi-vector",
    names: ["answerdotai/answerai-colbert-small-v1", "answerai-colbert-small-v1"],
    repository: "answerdotai/answerai-colbert-small-v1",
    file: "vespa_colbert.onnx",
    licence: "Apache-2.0",
    maxTokens: 512,
    dimensions: 96,
    parameters: "33M",
  },
  {
    kind: "multi-vector",
    names: ["colbert-ir/colbertv2.0", "colbertv2.0"],
    repository: "colbert-ir/colbertv2.0",
    file: "model.onnx",
    licence: "MIT",
    maxTokens: 512,
    dimensions: 128,
    parameters: "110M",
  },
];
