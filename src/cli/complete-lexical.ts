import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";

/**
 * Adds to the lexical index what the store holds and the index lacks: passages of a run that was ended
 * between the two, and of other folders where the file was damaged or lost.
 */
export async function completeLexical(
  lexical: Bm25Retriever,
  store: ChromaStore,
  signal: AbortSignal,
): Promise<void> {
  const stored = await store.storedPassages();
  const missing = [...stored.keys()].filter((id) => !lexical.index.has(id));
  if (missing.length > 0)
    await lexical.addDocuments(await store.storedDocuments(missing), { signal });
}
