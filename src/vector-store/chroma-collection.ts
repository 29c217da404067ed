import type { ChromaClient, Collection, EmbeddingFunction } from "chromadb";
import { existsSync, realpathSync } from "node:fs";
import type { VectorOrigin } from "../documents/vector-origin.ts";
import { RetrievalError } from "../errors.ts";
import { chromaFailure, noCollection, noDatabase, type RequestTarget } from "./chroma-failure.ts";

const modelKey = "langchain-rerank:model";
const settingsKey = "langchain-rerank:vector-settings";
const fieldsKey = "langchain-rerank:passage-fields";

/** What made the vectors of a collection. */
export interface CollectionOrigin {
  readonly model: VectorOrigin["model"];
  /** `undefined` if the embeddings do not state any. */
  readonly settings: VectorOrigin["settings"] | undefined;
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
 * Opens the collection; with `create`, one that does not exist is made with cosine similarity and the origin of its
 * vectors. Throws `store-mismatch` if there is none otherwise, or if it uses another distance or was created with another model, other settings or other fields.
 */
export async function openCollection(
  client: ChromaClient,
  target: RequestTarget,
  origin: CollectionOrigin,
  { create }: { readonly create: boolean },
): Promise<Collection> {
  const name = target.collectionName;
  try {
    let collection = await findCollection(client, name);
    if (!collection && !create) throw noCollection(target);
    if (!collection) {
      await client.getOrCreateCollection({
        name,
        embeddingFunction: null,
        metadata: { "hnsw:space": "cosine", ...recordOf(origin) },
      });
      // Reads the collection back, because another process may have created it first.
      collection = await client.getCollection({ name, embeddingFunction: noEmbeddingFunction });
    }
    requireCosine(collection, target);
    requireModel(collection, target, origin.model);
    requireSettings(collection, target, origin);
    requireFields(collection, target, origin.passageFields);
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
  // Another server at the address may have answered something else.
  const { hnsw, spann }: Partial<Collection["configuration"]> = Object(configuration);
  return hnsw?.space ?? spann?.space ?? "unknown";
}

function requireCosine(collection: Collection, target: RequestTarget): void {
  const space = spaceOf(collection);
  if (space === "cosine") return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} measures distance by "${space}", expected "cosine". The distance of a collection cannot be changed: use another \`collectionName\` and index again.`,
  );
}

function requireModel(
  { metadata }: Collection,
  target: RequestTarget,
  expected: string | undefined,
): void {
  const found = metadata?.[modelKey];
  if (typeof found !== "string" || expected === undefined || found === expected) return;
  if (isSameFolder(found, expected)) return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} holds vectors of the model "${found}", but these embeddings are "${expected}", and the two cannot be compared: use "${found}", or another \`collectionName\`.`,
  );
}

/** Whether both name one folder, which may have been recorded as a relative path or through a link. */
function isSameFolder(found: string, expected: string): boolean {
  return (
    existsSync(expected) && existsSync(found) && realpathSync(found) === realpathSync(expected)
  );
}

/** Settings that are the model's own are not recorded, so that a later release may add one. */
function recordOf({
  model,
  settings = {},
  passageFields = [],
}: CollectionOrigin): Record<string, string> {
  return {
    ...(passageFields.length > 0 ? { [fieldsKey]: JSON.stringify(passageFields) } : {}),
    ...(model === undefined ? {} : { [modelKey]: model }),
    ...(Object.keys(settings).length > 0 ? { [settingsKey]: inOrder(settings) } : {}),
  };
}

function inOrder(settings: VectorOrigin["settings"]): string {
  const entries = Object.entries(settings);
  return JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** A collection without model and settings was made by something else, and has no record to compare. */
function requireSettings(
  { metadata }: Collection,
  target: RequestTarget,
  { settings }: CollectionOrigin,
): void {
  const recorded = metadata?.[settingsKey];
  const isRecorded = [recorded, metadata?.[modelKey]].some((each) => typeof each === "string");
  if (!isRecorded || settings === undefined) return;
  const found = typeof recorded === "string" ? recorded : "{}";
  const expected = inOrder(settings);
  if (found === expected) return;
  throw new RetrievalError(
    "store-mismatch",
    `Collection "${target.collectionName}" at ${target.url} holds vectors made with ${inWords(found)}, but these embeddings use ${inWords(expected)}, and the two cannot be compared: pass the same options to the embeddings, or use another \`collectionName\` and index again.`,
  );
}

function inWords(settings: string): string {
  return settings === "{}" ? "the model's own settings" : settings;
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
