import { OnnxCrossEncoder } from "../cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import type { ModelInfo } from "../model/onnx-model.ts";
import type { ReadTotals } from "../model/queue/row-cost.ts";
import type { ModelFacts, Service } from "./service.ts";

/** Loads the models of a server with one small run each, and records what they report about themselves. */
export async function loadModels({ reranker, embedder }: Service): Promise<void> {
  await Promise.all([reranker?.scorer.score("a", ["a"]), embedder?.embeddings.embedQuery("a")]);
  if (reranker?.scorer instanceof OnnxCrossEncoder) {
    reranker.facts = factsOf(await reranker.scorer.info());
  }
  if (embedder?.embeddings instanceof OnnxEmbeddings) {
    embedder.facts = factsOf(await embedder.embeddings.info());
  }
}

/** What the local models have read; only of those that are loaded. */
export async function readTotals({
  reranker,
  embedder,
}: Pick<Service, "reranker" | "embedder">): Promise<(ReadTotals & { readonly model: string })[]> {
  const models = [
    { served: reranker, local: reranker?.scorer },
    { served: embedder, local: embedder?.embeddings },
  ].map(async ({ served, local }) => {
    const isLocal = local instanceof OnnxCrossEncoder || local instanceof OnnxEmbeddings;
    if (!served?.facts || !isLocal) return [];
    return [{ model: served.name, ...(await local.info()).read }];
  });
  return (await Promise.all(models)).flat();
}

/** Without the model's folder. */
function factsOf({ maxTokens, dtype, provider }: ModelInfo): ModelFacts {
  return { maxTokens, dtype, provider };
}
