import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { ScoringModel } from "../ranking/scoring-model.ts";

/** Embeddings that name their model, as most of LangChain's do, and may know its file, as OnnxEmbeddings does. */
type NamedEmbeddings = EmbeddingsInterface & {
  readonly model?: unknown;
  info?(): Promise<Partial<Omit<ScoringModel, "name">>>;
};

/** The model of the embeddings; `undefined` if they do not name it. Loads a local model. */
export async function modelOfVectors(
  embeddings: NamedEmbeddings | undefined,
): Promise<ScoringModel | undefined> {
  if (typeof embeddings?.model !== "string") return undefined;
  const { fileHash, arithmetic } = (await embeddings.info?.()) ?? {};
  return { name: embeddings.model, fileHash, arithmetic };
}
