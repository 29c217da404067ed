import { boolean, callback, methods, required } from "../option-rules.ts";
import { sourceOf } from "../documents/source.ts";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import {
  loadFolder,
  loadFolderOptionRules,
  type LoadFolderOptions,
  type SkippedFile,
  type SkipReason,
} from "../documents/load-folder.ts";
import {
  splitPassages,
  splitPassagesOptionRules,
  type SplitPassagesOptions,
} from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";
import { bm25Shelf, chromaShelf, vectorShelf } from "./passage-shelf.ts";
import { syncShelf } from "./sync-shelf.ts";

export interface IndexProgress {
  /** Passages that are in the store by now, of those found in the folder. */
  readonly done: number;
  readonly total: number;
}

export interface IndexFolderOptions extends LoadFolderOptions, SplitPassagesOptions {
  /** Where passages go. One from `openChroma` is continued; any other LangChain store is filled anew. */
  readonly store: ChromaStore | VectorStoreInterface;
  /**
   * Brought in step with the folder, after the store. Saving it is up to you, and so is that one process
   * at a time loads, changes and saves a file. @defaultValue none
   */
  readonly lexical?: Bm25Retriever | undefined;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Deletes the passages of files that are no longer in the folder, too. @defaultValue false */
  readonly prune?: boolean | undefined;
}

const vectorStore = "a LangChain vector store, such as that of openChroma";

const indexFolderOptionRules: OptionRules<IndexFolderOptions> = {
  ...loadFolderOptionRules,
  ...splitPassagesOptionRules,
  store: required(methods(vectorStore, "addDocuments", "addVectors")),
  lexical: methods("a Bm25Retriever", "addDocuments", "candidates"),
  onProgress: callback,
  prune: boolean,
};

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
  /** What the store holds beside the passages of the folder, by source. */
  readonly staying: readonly StayingPassages[];
}

/** Passages that an index run found in the store, did not find in the folder, and left there. */
export interface StayingPassages {
  readonly source: string;
  readonly passages: number;
  /** Why its file was not read; `absent` where the folder has no such file: it is gone, or of another folder. */
  readonly reason: SkipReason | "absent";
}

/**
 * Brings a store in step with a folder: loads its files, splits them into passages, embeds the new
 * ones and deletes what a changed file no longer says. An interrupted run is continued by the next one.
 *
 * @throws `invalid-input` where the folder holds no Markdown and no text file
 */
export async function indexFolder(
  folder: string,
  options: IndexFolderOptions,
): Promise<IndexReport> {
  const {
    store,
    lexical,
    onProgress,
    prune = false,
    signal,
    ignore,
    followSymlinks,
    encoding,
    ...splitting
  } = requireOptions("indexFolder", options, indexFolderOptionRules);
  const { documents, skipped } = await loadFolder(folder, {
    ignore,
    followSymlinks,
    encoding,
    signal,
  });
  if (documents.length === 0 && !skipped.some(({ reason }) => reason === "empty")) {
    throw new RetrievalError(
      "invalid-input",
      `Expected Markdown or text files in ${folder}, found none (${skipped.length} other files).`,
    );
  }
  const passages = await splitPassages(documents, { ...splitting, signal });
  const present = new Set(documents.map((document) => sourceOf(document) ?? ""));
  for (const { source, reason } of skipped) if (reason === "empty") present.add(source);
  const reasonOf = unreadReason(skipped);
  const isGone = (source: string): boolean =>
    (prune || present.has(source)) && reasonOf(source) === undefined;

  const shelf = "storedPassages" in store ? chromaShelf(store) : vectorShelf(store);
  const outcome = await syncShelf(shelf, passages, { isGone, signal, onProgress });
  if (lexical) await syncShelf(bm25Shelf(lexical), passages, { isGone, signal });
  const staying = Array.from(outcome.staying, ([source, count]): StayingPassages => {
    return { source, passages: count, reason: reasonOf(source) ?? "absent" };
  });
  return { files: documents.length, passages: passages.length, ...outcome, skipped, staying };
}

/**
 * Tells why a source that is there was not read. A file that cannot be read today has not vanished, nor have
 * the files below a folder that cannot. An empty one says nothing any more. What is behind a link that is not followed is
 * left out on purpose, and counts as vanished.
 */
function unreadReason(skipped: readonly SkippedFile[]): (source: string) => SkipReason | undefined {
  const unread = skipped.filter(({ reason }) => reason !== "symlink" && reason !== "empty");
  const reasons = new Map(unread.map(({ source, reason }) => [source, reason]));
  return (source) => {
    for (let end = source.indexOf("/"); end !== -1; end = source.indexOf("/", end + 1)) {
      const reason = reasons.get(source.slice(0, end + 1));
      if (reason !== undefined) return reason;
    }
    return reasons.get(source);
  };
}
