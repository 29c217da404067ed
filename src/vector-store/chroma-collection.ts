import type { ChromaClient, Collection, EmbeddingFunction } from "chromadb";
import { RetrievalError } from "../errors.ts";
import { chromaFailure, noDatabase, type RequestTarget } from "./chroma-failure.ts";

const modelKey = "langchain-rerank:model";
const fieldsKey = "langchain-rerank:passage-fields";

/** What determines the vector of a passage. */
interface VectorMaker {
  /** Name of the embedding model, if it has one. */
  readonly model: string | undefined;
  /** Metadata fields that are embedded with the text; `undefined` for those of the collection. */
  readonly passageFields: readonly string[] | undefined;
}

/**
 * All vectors come from LangChain embeddings; without this, `chromadb` looks for a model of its own and prints.
 */
const noEmbeddingFunction: EmbeddingFunction = {
  generate: () => Promise.reject(new Error("Vectors are made by LangChain embeddings.")),
};

/**
 * Opens the collection, or creates it with cosine similarity and the name of the embedding model and the
 * embedded metadata fields. Throws `store-mismatch` if it uses another distance or was created with another
 * model or other fields.
 */
export async function openCollection(
  client: ChromaClient,
  target: RequestTarget,
  { model, passageFields }: VectorMaker,
): Promise<Collection> {
  const name = target.collectionName;
  const hasFields = passageFields !== undefined && passageFields.length > 0;
  try {
    let collection = await findCollection(client, name);
    if (!collection) {
      await client.getOrCreateCollection({
        name,
        embeddingFunction: null,
        metadata: {
          "hnsw:space": "cosine",
          ...(model === undefined ? {} : { [modelKey]: model }),
          ...(hasFields ? { [fieldsKey]: JSON.stringify(passageFields) } : {}),
        },
      });
      // Reads the collection back, because another process may have created it first.
      collection = await client.getCollection({ name, embeddingFunction: noEmbeddingFunction });
    }
    requireCosine(collection, target);
    requireModel(collection, target, model);
    requireFields(collection, target, passageFields);
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

/** The metadata fields that are embedded with the texts of a collection; none if other programs created it. */
export function fieldsOf({ metadata }: Collection): readonly string[] {
  const found = metadata?.[fieldsKey];
  if (typeof found !== "string") return [];
  const fields: unknown = JSON.parse(found);
  return Array.isArray(fields) ? fields.map(String) : [];
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

function requireFields(
  collection: Collection,
  target: RequestTarget,
  expected: readonly string[] | undefined,
): void {
  const found = JSON.stringify(fieldsOf(collection));
  const wanted = JSON.stringify(expected);
  if (expected === undefined || found === wanted) return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} holds vectors of passages with the fields ${found}, got \`passageFields\` ${wanted}: leave \`passageFields\` out, or use another \`collectionName\` and index again.`,
  );
}
