import type { Document } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { textWithFields } from "../documents/passage-text.ts";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";

type Metadata = Readonly<Record<string, unknown>>;

interface PutOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number) => void;
}

/** A store of passages, reduced to the operations that indexing needs. */
export interface IndexedPassages {
  /** The metadata of the stored passages, by id; empty if the store cannot list them. */
  stored(): Promise<ReadonlyMap<string, Metadata>>;
  /**
   * Stores passages; one that is stored with the same embedded text only gets new metadata.
   * Resolves to the number of passages that were embedded.
   */
  put(passages: readonly Document[], options: PutOptions): Promise<number>;
  remove(ids: readonly string[]): Promise<void>;
}

export function chromaPassages(store: ChromaStore): IndexedPassages {
  return {
    stored: () => store.storedPassages(),
    put: async (passages, { signal, onProgress }) => {
      let count = 0;
      await store.addDocuments(passages, {
        signal,
        onProgress: ({ done, embedded }) => {
          count = embedded;
          onProgress(done);
        },
      });
      return count;
    },
    remove: (ids) => store.delete({ ids }),
  };
}

export function bm25Passages(retriever: Bm25Retriever): IndexedPassages {
  const { index } = retriever;
  return {
    stored: async () => new Map([...index.ids()].map((id) => [id, index.get(id)?.metadata ?? {}])),
    put: async (passages, { signal }) => {
      await retriever.addDocuments(passages, { signal });
      return passages.length;
    },
    remove: async (ids) => {
      await index.delete(ids);
    },
  };
}

const batchSize = 64;

/** A LangChain store cannot list its content, so every passage is stored again. */
export function vectorPassages(
  store: VectorStoreInterface,
  passageFields: readonly string[] = [],
): IndexedPassages {
  return {
    stored: async () => new Map(),
    put: async (passages, { signal, onProgress }) => {
      for (let start = 0; start < passages.length; start += batchSize) {
        signal?.throwIfAborted();
        const batch = passages.slice(start, start + batchSize);
        const ids = batch.map(({ id = "" }) => id);
        if (passageFields.length === 0) await store.addDocuments(batch, { ids });
        else {
          const texts = batch.map((passage) => textWithFields(passage, passageFields));
          const vectors = await store.embeddings.embedDocuments(texts);
          signal?.throwIfAborted();
          await store.addVectors(vectors, batch, { ids });
        }
        onProgress(start + batch.length);
      }
      return passages.length;
    },
    remove: async () => undefined,
  };
}
