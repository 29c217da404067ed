import type { Document } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";

type Metadata = Readonly<Record<string, unknown>>;

interface PutOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number) => void;
}

/** Where passages are kept, as an indexer sees it. */
export interface PassageShelf {
  /** The metadata of what is there, by id; empty where the shelf cannot tell. */
  stored(): Promise<ReadonlyMap<string, Metadata>>;
  /** Stores passages; one that is there with the same text only gets its new metadata. */
  put(passages: readonly Document[], options: PutOptions): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
}

export function chromaShelf(store: ChromaStore): PassageShelf {
  return {
    stored: () => store.storedPassages(),
    put: async (passages, { signal, onProgress }) => {
      await store.addDocuments(passages, { signal, onProgress: ({ done }) => onProgress(done) });
    },
    remove: (ids) => store.delete({ ids }),
  };
}

export function bm25Shelf(retriever: Bm25Retriever): PassageShelf {
  const { index } = retriever;
  return {
    stored: async () => new Map([...index.ids()].map((id) => [id, index.get(id)?.metadata ?? {}])),
    put: async (passages, { signal }) => {
      await retriever.addDocuments(passages, { signal });
    },
    remove: async (ids) => {
      await index.delete(ids);
    },
  };
}

const batchSize = 64;

/** A LangChain store tells nobody what it holds: everything is put anew. */
export function vectorShelf(store: VectorStoreInterface): PassageShelf {
  return {
    stored: async () => new Map(),
    put: async (passages, { signal, onProgress }) => {
      for (let start = 0; start < passages.length; start += batchSize) {
        signal?.throwIfAborted();
        const batch = passages.slice(start, start + batchSize);
        await store.addDocuments(batch, { ids: batch.map(({ id = "" }) => id) });
        onProgress(start + batch.length);
      }
    },
    remove: async () => undefined,
  };
}
