import { join } from "node:path";

const models = join(import.meta.dirname, "../models");
const tinyModels = join(import.meta.dirname, "fixtures/models");

/** The models of the documentation are large, or on the hub; bundled and tiny ones take their place. */
export const standIns: readonly (readonly [string, string])[] = [
  ["BAAI/bge-large-en-v1.5", "all-MiniLM-L6-v2"],
  ["BAAI/bge-reranker-large", "rerank-minilm-l6"],
  ["embeddinggemma-300m", "all-MiniLM-L6-v2"],
  ["Xenova/ms-marco-MiniLM-L-6-v2", join(models, "rerank-minilm-l6")],
  ["Xenova/bge-small-en-v1.5", join(models, "all-MiniLM-L6-v2")],
  ["Qwen3-Reranker-0.6B", join(tinyModels, "tiny-qwen3-reranker")],
  ['dtype: "q8"', 'dtype: "int8"'],
];

/** A program of the documentation with the bundled models; nothing else is changed. */
export function withBundledModels(program: string): string {
  return standIns.reduce((code, [from, to]) => code.replaceAll(from, to), program);
}
