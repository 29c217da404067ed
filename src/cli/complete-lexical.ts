import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";

/**
 * Adds passages to the lexical index that only the store has: those of a run interrupted between the two, and
 * those of other folders after the index file was damaged or lost.
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
