import { join } from "node:path";

const models = join(import.meta.dirname, "../models");

/** The models of the documentation are large, or on the hub; the bundled ones take their place. */
export const standIns: readonly (readonly [string, string])[] = [
  ["BAAI/bge-large-en-v1.5", "all-MiniLM-L6-v2"],
  ["BAAI/bge-reranker-large", "rerank-minilm-l6"],
  ["Xenova/ms-marco-MiniLM-L-6-v2", join(models, "rerank-minilm-l6")],
  ["Xenova/bge-small-en-v1.5", join(models, "all-MiniLM-L6-v2")],
  ['dtype: "q8"', 'dtype: "int8"'],
];

/** A program of the documentation with the bundled models; nothing else is changed. */
export function withBundledModels(program: string): string {
  return standIns.reduce((code, [from, to]) => code.replaceAll(from, to), program);
}
