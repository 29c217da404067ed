import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { RetrievalError } from "../errors.ts";
import type { Configuration, RerankSettings } from "../evaluation/gate/configuration.ts";
import { readConfiguration } from "../evaluation/gate/saved-configuration.ts";
import { canonicalName } from "../model/files/model-catalog.ts";
import { requireSameScores } from "../ranking/arithmetic.ts";

/**
 * The settings that a configuration gives a `TwoStageRetriever` with this reranker; none if the configuration
 * is undecided. Loads a local model if the configuration decides to rerank and names the model's file.
 *
 * @throws RetrievalError `invalid-input` if it is not a configuration, `model-mismatch` if it was chosen for
 * another model, for another file of it, or from saturating scores while this machine's are exact.
 */
export async function configuredSettings(
  configuration: unknown,
  reranker: CrossEncoderReranker,
): Promise<Partial<RerankSettings & { readonly rerank: boolean }>> {
  const { decision, rerank, model } = readConfiguration(configuration);
  const { name } = reranker.scorer;
  if (model !== undefined && canonicalName(model.name) !== canonicalName(name)) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected ${model.name}, the model that the configuration was chosen for, got ${name}: use that model, or choose a configuration again.`,
    );
  }
  if (decision === "undecided") return {};
  if (rerank === undefined) return { rerank: false };
  if (model?.fileHash !== undefined) await requireScores(reranker, model);
  return { ...rerank, rerank: true };
}

/** Another dtype of the same model has different scores, and so have saturating sums. */
async function requireScores(
  reranker: CrossEncoderReranker,
  { fileHash, arithmetic }: NonNullable<Configuration["model"]>,
): Promise<void> {
  const info = await reranker.info();
  if (info === undefined) return;
  requireSameScores("a configuration", { madeWith: arithmetic, inUse: info.arithmetic });
  if (info.fileHash === fileHash) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected the file of ${info.model} that the configuration was chosen for, ${fileHash}, got ${info.fileHash} (${info.dtype}): ` +
      "use the same dtype and version, or choose a configuration again.",
  );
}
