import type { Document } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { loadFolder, type LoadFolderOptions, type SkippedFile } from "../documents/load-folder.ts";
import { splitPassages, type SplitPassagesOptions } from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";

export interface IndexProgress {
  /** Passages that are in the store by now, of those found in the folder. */
  readonly done: number;
  readonly total: number;
}

export interface IndexFolderOptions extends LoadFolderOptions, SplitPassagesOptions {
  /** Where passages go. One from `openChroma` is continued; any other LangChain store is filled anew. */
  readonly store: ChromaStore | VectorStoreInterface;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Deletes the passages of files that are no longer in the folder, too. @defaultValue false */
  readonly prune?: boolean | undefined;
}

/** What an index run found and did. */
export interface IndexReport {
  readonly files: number;
  readonly passages: number;
  /** Passages that were embedded and stored now. */
  readonly added: number;
  /** Passages that were in the store already. */
  readonly unchanged: number;
  /** Passages of changed files, and with `prune` of vanished ones, that were deleted. */
  readonly removed: number;
  readonly skipped: readonly SkippedFile[];
}

/**
 * Brings a store in step with a folder: loads its files, splits them into passages, embeds the new
 * ones and deletes what a changed file no longer says. An interrupted run is continued by the next one.
 *
 * @throws `invalid-input` where the folder holds nothing to index
 */
export async function indexFolder(
  folder: string,
  { store, onProgress, prune = false, ...options }: IndexFolderOptions,
): Promise<IndexReport> {
  const { documents, skipped } = await loadFolder(folder, options);
  if (documents.length === 0) {
    throw new RetrievalError(
      "invalid-input",
      `Expected Markdown or text files in ${folder}, found none (${skipped.length} other files).`,
    );
  }
  const passages = await splitPassages(documents, options);
  const keeps = "storedPassages" in store;
  const stored = keeps ? await store.storedPassages() : new Map<string, string | undefined>();
  const missing = passages.filter(({ id = "" }) => !stored.has(id));
  const unchanged = passages.length - missing.length;
  const report = (done: number): void =>
    onProgress?.({ done: unchanged + done, total: passages.length });
  report(0);
  await add(store, missing, report, options.signal);

  const wanted = new Set(passages.map(({ id }) => id));
  const present = new Set(documents.map(({ metadata }) => metadata["source"]));
  // A file that cannot be read today has not vanished.
  const unreadable = new Set(skipped.map(({ source }) => source));
  const stale = [...stored]
    .filter(([id, source = ""]) => !wanted.has(id) && !unreadable.has(source))
    .filter(([, source]) => prune || present.has(source))
    .map(([id]) => id);
  // Only now: until the new passages are in, the old ones still answer.
  if (keeps && stale.length > 0) await store.delete({ ids: stale });
  return {
    files: documents.length,
    passages: passages.length,
    added: missing.length,
    unchanged,
    removed: stale.length,
    skipped,
  };
}

const batchSize = 64;

async function add(
  store: ChromaStore | VectorStoreInterface,
  passages: readonly Document[],
  report: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let start = 0; start < passages.length; start += batchSize) {
    signal?.throwIfAborted();
    const batch = passages.slice(start, start + batchSize);
    await store.addDocuments(batch, { ids: batch.map(({ id = "" }) => id) });
    report(start + batch.length);
  }
}
