import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { VectorStore } from "@langchain/core/vectorstores";
import type { ChromaClient, Collection } from "chromadb";
import { RetrievalError } from "../errors.ts";

/**
 * The part of LangChain's `Chroma` that `openChroma` uses, with a filter type as wide as that of any vector
 * store.
 */
type ChromaClass = new (
  embeddings: EmbeddingsInterface,
  args: { collectionName: string; index: ChromaClient },
) => VectorStore & { collection?: Collection; filter?: object };

/** The two optional packages that `openChroma` needs. */
export interface ChromaPeers {
  readonly Client: typeof ChromaClient;
  readonly Chroma: ChromaClass;
}

/** Loads the optional packages, which only `openChroma` needs. */
export async function loadChromaPeers(): Promise<ChromaPeers> {
  try {
    const [chromadb, community] = await Promise.all([
      import("chromadb"),
      import("@langchain/community/vectorstores/chroma"),
    ]);
    return { Client: chromadb.ChromaClient, Chroma: community.Chroma };
  } catch (cause) {
    throw new RetrievalError(
      "missing-dependency",
      "Chroma needs two more packages: npm install @langchain/community@^1.1 chromadb@^3.5",
      { cause },
    );
  }
}
