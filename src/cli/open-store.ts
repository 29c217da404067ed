import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import type { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import { RetrievalError } from "../errors.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";
import { openChroma } from "../vector-store/open-chroma.ts";
import { IndexedFolders } from "./indexed-folders.ts";

/** The store of a command, and the files beside it. */
export interface OpenedStore {
  readonly store: ChromaStore | VectorStoreInterface;
  /** Where the passages are, in words. */
  readonly location: string;
  readonly close: () => Promise<void>;
  /** Beside the data of the store; `undefined` if the store is in memory. */
  readonly lexicalFile: string | undefined;
  /** As `lexicalFile`. */
  readonly folders: IndexedFolders | undefined;
}

/** Whether a store has been created; a server's is taken to exist. */
export function storeExists(store: string): boolean {
  return /^https?:\/\//.test(store) || existsSync(join(store, "chroma.sqlite3"));
}

/** Refuses to search a store that does not exist, instead of creating its folder and starting a server. */
export function requireStore(store: string): void {
  if (store === "memory" || storeExists(store)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected a store in ${resolve(store)}, found none: run \`npx langchain-rerank index <folder>\` with the same --store first, or pass another --store.`,
  );
}

/** Opens what `--store` names. Without `create`, a collection that does not exist is an error. */
export async function openStore(
  embeddings: OnnxEmbeddings,
  {
    store: where,
    collection: collectionName,
    create = true,
  }: { readonly store: string; readonly collection: string; readonly create?: boolean },
): Promise<OpenedStore> {
  if (where === "memory") {
    const store = await openMemoryStore(embeddings);
    return {
      store,
      location: "memory",
      close: async () => undefined,
      lexicalFile: undefined,
      folders: undefined,
    };
  }
  const address = /^https?:\/\//.test(where) ? { url: where } : { path: where };
  const store = await openChroma(embeddings, { collectionName, create, ...address });
  const location =
    store.path === undefined ? `Chroma at ${store.url}` : `Chroma in ${store.path} (${store.url})`;
  const folder = store.path ?? join(".langchain-rerank", new URL(store.url).host.replace(":", "-"));
  const lexicalFile = join(folder, `${collectionName}.bm25`);
  const folders = new IndexedFolders(join(folder, `${collectionName}.folders.json`));
  return { store, location, close: () => store.close(), lexicalFile, folders };
}

export async function openMemoryStore(embeddings: OnnxEmbeddings): Promise<VectorStoreInterface> {
  try {
    const { MemoryVectorStore } = await import("@langchain/classic/vectorstores/memory");
    return new MemoryVectorStore(embeddings);
  } catch (cause) {
    throw new RetrievalError(
      "missing-dependency",
      "Expected @langchain/classic to be installed for --store memory: run `npm install @langchain/classic@^1.0`.",
      { cause },
    );
  }
}
