import type { ChromaClient, Collection, EmbeddingFunction } from "chromadb";
import { RetrievalError } from "../errors.ts";
import { chromaFailure, noDatabase, type RequestTarget } from "./chroma-failure.ts";

const modelKey = "langchain-rerank:model";

/**
 * All vectors come from LangChain embeddings; without this, `chromadb` looks for a model of its own and prints.
 */
const noEmbeddingFunction: EmbeddingFunction = {
  generate: () => Promise.reject(new Error("Vectors are made by LangChain embeddings.")),
};

/**
 * Opens the collection, or creates it with cosine similarity and the name of the embedding model. Throws
 * `store-mismatch` if it uses another distance or was created with another model.
 */
export async function openCollection(
  client: ChromaClient,
  target: RequestTarget,
  model: string | undefined,
): Promise<Collection> {
  const name = target.collectionName;
  try {
    let collection = await findCollection(client, name);
    if (!collection) {
      await client.getOrCreateCollection({
        name,
        embeddingFunction: null,
        metadata: { "hnsw:space": "cosine", ...(model === undefined ? {} : { [modelKey]: model }) },
      });
      // Reads the collection back, because another process may have created it first.
      collection = await client.getCollection({ name, embeddingFunction: noEmbeddingFunction });
    }
    requireCosine(collection, target);
    requireModel(collection, target, model);
    return collection;
  } catch (error) {
    const { tenant = "", database = "" } = client;
    if (
      error instanceof Error &&
      /(?:Database|Tenant) \[.*\] (?:does not exist|not found)/.test(error.message)
    ) {
      throw noDatabase(target, { tenant, database }, error);
    }
    throw chromaFailure(error, target);
  }
}

/** Length of the collection's vectors; `undefined` if it is empty. */
export async function storedWidth(collection: Collection): Promise<number | undefined> {
  const { embeddings } = await collection.get({ limit: 1, include: ["embeddings"] });
  return embeddings[0]?.length;
}

/** An existing collection; `undefined` if there is none with this name. */
export async function findCollection(
  client: ChromaClient,
  name: string,
): Promise<Collection | undefined> {
  try {
    return await client.getCollection({ name, embeddingFunction: noEmbeddingFunction });
  } catch (error) {
    if (error instanceof Error && error.name === "ChromaNotFoundError") return undefined;
    throw error;
  }
}

/** The distance of a collection: "cosine", "l2" or "ip". */
export function spaceOf({ configuration }: Collection): string {
  return configuration.hnsw?.space ?? configuration.spann?.space ?? "unknown";
}

function requireCosine(collection: Collection, target: RequestTarget): void {
  const space = spaceOf(collection);
  if (space === "cosine") return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} measures distance by "${space}", expected "cosine". The measure of a collection cannot change: use another \`collectionName\` and index again.`,
  );
}

function requireModel(
  { metadata }: Collection,
  target: RequestTarget,
  expected: string | undefined,
): void {
  const found = metadata?.[modelKey];
  if (typeof found !== "string" || expected === undefined || found === expected) return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} holds vectors of the model "${found}", but these embeddings are "${expected}", and the two cannot be compared: use "${found}", or another \`collectionName\`.`,
  );
}
