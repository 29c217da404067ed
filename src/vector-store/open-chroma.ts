import { boolean, record, string, strings, text, langchainEmbeddings } from "../option-rules.ts";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { VectorOrigin } from "../documents/vector-origin.ts";
import { describe, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { connectClient, parseServerUrl } from "./chroma-address.ts";
import { openCollection, storedWidth, type CollectionOrigin } from "./chroma-collection.ts";
import { chromaFailure, damaged, noCollection, type RequestTarget } from "./chroma-failure.ts";
import { loadChromaPeers } from "./chroma-peers.ts";
import { joinChromaServer } from "./chroma-server.ts";
import { ChromaSession } from "./chroma-session.ts";
import { collectionNameWords, isCollectionName } from "./collection-name.ts";
import type { ChromaStore } from "./chroma-store.ts";
import type { KeeperConnection } from "./keeper-connection.ts";
import type { ServerAccess } from "./server-access.ts";
import { createSimilarityChroma } from "./similarity-chroma.ts";

/** Which collection to open, and on which Chroma server. */
export interface OpenChromaOptions extends ServerAccess {
  /** 3 to 512 letters, digits, dots, dashes and underscores. */
  readonly collectionName: string;
  /**
   * Creates the collection if it does not exist; `false` throws `store-mismatch` then, for programs that only
   * search. @defaultValue true
   */
  readonly create?: boolean | undefined;
  /**
   * Metadata fields that are embedded together with the text, as `passageText` puts them before it. A collection
   * cannot be opened with others than those it was created with. @defaultValue those of the collection; for a
   * new one, none
   */
  readonly passageFields?: readonly string[] | undefined;
  /**
   * URL of a running Chroma server, such as `http://127.0.0.1:8000`. @defaultValue a server is started for
   * `path`
   */
  readonly url?: string | undefined;
  /**
   * Data folder of a server that is started, or shared if it runs
   * already. @defaultValue ".langchain-rerank/chroma"
   */
  readonly path?: string | undefined;
  /** HTTP headers for every request to `url`, such as `{ "x-chroma-token": "…" }`. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The tenant at `url`. @defaultValue the environment variable CHROMA_TENANT, or else "default_tenant" */
  readonly tenant?: string | undefined;
  /**
   * The tenant's database at `url`. @defaultValue the environment variable CHROMA_DATABASE, or else
   * "default_database"
   */
  readonly database?: string | undefined;
}

const openChromaOptionRules: OptionRules<OpenChromaOptions> = {
  collectionName: string,
  create: boolean,
  passageFields: strings,
  url: string,
  path: text,
  headers: record,
  tenant: text,
  database: text,
};

/**
 * Opens a collection with cosine similarity as a LangChain vector store. Without `url`, one Chroma server runs
 * on `path` for all processes that use the folder, until the last of them closes its store or ends.
 *
 * @example
 * ```ts
 * import { Document } from "@langchain/core/documents";
 * import { OnnxEmbeddings, openChroma } from "langchain-rerank";
 *
 * await using embeddings = new OnnxEmbeddings({ model: "BAAI/bge-large-en-v1.5" });
 * await using store = await openChroma(embeddings, { collectionName: "notes" });
 * await store.addDocuments([new Document({ pageContent: "LoRA trains two small matrices." })]);
 * for (const [document, similarity] of await store.similaritySearchWithScore("What is LoRA?", 1)) {
 *   console.log(similarity, document.pageContent);
 * }
 * ```
 */
export async function openChroma(
  embeddings: EmbeddingsInterface,
  options: OpenChromaOptions,
): Promise<ChromaStore> {
  langchainEmbeddings("embeddings", embeddings);
  const {
    collectionName,
    create = true,
    passageFields,
    url,
    path,
    ...access
  } = requireOptions("openChroma", options, openChromaOptionRules);
  requireCollectionName(collectionName);
  if (url !== undefined && path !== undefined) {
    throw new RetrievalError(
      "invalid-option",
      "Expected `url` (a running server) or `path` (a folder to start a server in), got both.",
    );
  }
  if (url === undefined) refuseAccess(access);
  const server = url === undefined ? undefined : parseServerUrl(url).origin;
  const given = { embeddings, origin: await originOf(embeddings), passageFields, create };
  if (server !== undefined) {
    const target = { collectionName, url: server, path: undefined };
    return openStore(given, target, { access });
  }
  return openFolder(given, collectionName, resolve(path ?? ".langchain-rerank/chroma"));
}

/** A server that ends twice while a collection is opened is crashed by the collection's data. */
async function openFolder(
  given: EmbeddedTexts,
  collectionName: string,
  folder: string,
): Promise<ChromaStore> {
  await loadChromaPeers();
  // Joining would create the folder and start a server.
  if (!given.create && !existsSync(join(folder, "chroma.sqlite3"))) {
    throw noCollection({ collectionName, url: folder, path: folder });
  }
  for (let attempt = 1; ; attempt += 1) {
    const connection = await joinChromaServer(folder);
    const target = { collectionName, url: connection.url, path: folder };
    try {
      return await openStore(given, target, { connection });
    } catch (error) {
      await connection.close();
      const hasEnded = error instanceof RetrievalError && error.code === "store-unreachable";
      if (!hasEnded) throw error;
      if (attempt === 2) throw damaged(target, "the server ended while reading it.", error);
    }
  }
}

/** What turns a passage into a vector, and whether a collection is made for them. */
interface EmbeddedTexts {
  readonly embeddings: EmbeddingsInterface;
  readonly origin: Omit<CollectionOrigin, "passageFields">;
  readonly passageFields: readonly string[] | undefined;
  /** Whether a collection that does not exist is created. */
  readonly create: boolean;
}

interface Server {
  readonly access?: ServerAccess;
  readonly connection?: KeeperConnection;
}

async function openStore(
  { embeddings, origin, passageFields, create }: EmbeddedTexts,
  target: RequestTarget,
  { access = {}, connection }: Server,
): Promise<ChromaStore> {
  const peers = await loadChromaPeers();
  const client = await connectClient(peers, target, access);
  try {
    const collection = await openCollection(
      client,
      target,
      { ...origin, passageFields },
      { create },
    );
    const maxBatchSize = await client.getMaxBatchSize();
    const session = new ChromaSession({
      collection,
      target,
      connection,
      width: await storedWidth(collection),
      maxBatchSize: maxBatchSize > 0 ? maxBatchSize : Infinity,
    });
    return createSimilarityChroma(peers, embeddings, { client, collection, session });
  } catch (error) {
    throw chromaFailure(error, target);
  }
}

/** A server that is started for a folder has one tenant and needs no token. */
function refuseAccess(access: ServerAccess): void {
  const [name] = Object.entries(access).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` only with the \`url\` of a running server, got it without \`url\`: omit it, or pass \`url\`.`,
  );
}

/** What embeddings state about their vectors; LangChain's own state the name of their model at most. */
async function originOf(
  embeddings: EmbeddingsInterface & { readonly vectorOrigin?: () => Promise<VectorOrigin> },
): Promise<Omit<CollectionOrigin, "passageFields">> {
  return (await embeddings.vectorOrigin?.()) ?? { model: modelOf(embeddings), settings: undefined };
}

/** The model name of the embeddings, if they have one. */
function modelOf(embeddings: EmbeddingsInterface): string | undefined {
  if ("name" in embeddings && typeof embeddings.name === "string") return embeddings.name;
  if ("model" in embeddings && typeof embeddings.model === "string") return embeddings.model;
  return undefined;
}

function requireCollectionName(name: string): void {
  if (isCollectionName(name)) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`collectionName\` to be ${collectionNameWords}, got ${describe(name)}.`,
  );
}
