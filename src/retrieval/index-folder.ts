import { boolean, callback, methods, required, strings } from "../option-rules.ts";
import { sourceOf } from "../documents/source.ts";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import {
  loadFolder,
  loadFolderOptionRules,
  type LoadFolderOptions,
  type SkippedFile,
  type SkipReason,
} from "../documents/load-folder.ts";
import { requireSameFields } from "../documents/passage-text.ts";
import {
  splitPassages,
  splitPassagesOptionRules,
  type SplitPassagesOptions,
} from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";
import { bm25Passages, chromaPassages, vectorPassages } from "./indexed-passages.ts";
import { syncPassages } from "./sync-passages.ts";

/** How far a call of `indexFolder` is. */
export interface IndexProgress {
  /** Passages of the folder that are in the store so far. */
  readonly done: number;
  readonly total: number;
}

/** Where `indexFolder` stores passages, and how it reads and splits the files. */
export interface IndexFolderOptions extends LoadFolderOptions, SplitPassagesOptions {
  /**
   * Where to store passages. A store from `openChroma` is updated; any other LangChain store gets all passages
   * again.
   */
  readonly store: ChromaStore | VectorStoreInterface;
  /**
   * Also updated, after the store. Save it yourself, and let only one process at a time load, change and save a
   * file. @defaultValue none
   */
  readonly lexical?: Bm25Retriever | undefined;
  /**
   * Metadata fields that a store other than Chroma embeds together with the text, as `passageText` puts them
   * before it. A store from `openChroma` and `lexical` have their own, and refuse others. @defaultValue none
   */
  readonly passageFields?: readonly string[] | undefined;
  /** Called after each batch of passages is stored. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Also deletes the passages of files that are no longer in the folder. @defaultValue false */
  readonly prune?: boolean | undefined;
}

const vectorStore = "a LangChain vector store, such as one from openChroma";

const indexFolderOptionRules: OptionRules<IndexFolderOptions> = {
  ...loadFolderOptionRules,
  ...splitPassagesOptionRules,
  store: required(methods(vectorStore, "addDocuments", "addVectors")),
  lexical: methods("a Bm25Retriever", "addDocuments", "candidates"),
  passageFields: strings,
  onProgress: callback,
  prune: boolean,
};

/** What one call of `indexFolder` found and changed. */
export interface IndexReport {
  readonly files: number;
  readonly passages: number;
  /** Passages that this call embedded and stored: new ones, and those with another value in one of `passageFields`. */
  readonly added: number;
  /** Passages whose embedded text was in the store already. */
  readonly unchanged: number;
  /** Deleted passages of changed files and, with `prune`, of deleted files. */
  readonly removed: number;
  readonly skipped: readonly SkippedFile[];
  /** Passages in the store that do not belong to the folder's current content, by source. */
  readonly staying: readonly StayingPassages[];
}

/** Passages that are in the store but not in the folder, and were kept. */
export interface StayingPassages {
  readonly source: string;
  readonly passages: number;
  /**
   * Why the file was not read; `absent` if the folder has no such file: it was deleted, or belongs to another
   * folder.
   */
  readonly reason: SkipReason | "absent";
}

/**
 * Updates a store to match a folder: loads its files, splits them into passages, embeds the new ones, and
 * deletes those that a changed file no longer contains. Repeat an interrupted call to complete it.
 *
 * @throws `invalid-input` if the folder has no Markdown or text file
 *
 * @example
 * ```ts
 * import { Bm25Retriever, indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";
 *
 * await using embeddings = new OnnxEmbeddings({ model: "BAAI/bge-large-en-v1.5" });
 * await using store = await openChroma(embeddings, { collectionName: "guides" });
 * const lexical = new Bm25Retriever();
 * const report = await indexFolder("sample_documents", { store, lexical });
 * console.log(`${report.added} passages added, ${report.unchanged} unchanged`);
 * ```
 */
export async function indexFolder(
  folder: string,
  options: IndexFolderOptions,
): Promise<IndexReport> {
  const {
    store,
    lexical,
    passageFields,
    onProgress,
    prune = false,
    signal,
    ignore,
    followSymlinks,
    encoding,
    ...splitting
  } = requireOptions("indexFolder", options, indexFolderOptionRules);
  if (isChroma(store)) requireSameFields(passageFields, store.passageFields, "the store");
  if (lexical) requireSameFields(passageFields, lexical.index.passageFields, "`lexical`");
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

  const index = isChroma(store) ? chromaPassages(store) : vectorPassages(store, passageFields);
  const outcome = await syncPassages(index, passages, { isGone, signal, onProgress });
  if (lexical) await syncPassages(bm25Passages(lexical), passages, { isGone, signal });
  const staying = Array.from(outcome.staying, ([source, count]): StayingPassages => {
    return { source, passages: count, reason: reasonOf(source) ?? "absent" };
  });
  return { files: documents.length, passages: passages.length, ...outcome, skipped, staying };
}

function isChroma(store: ChromaStore | VectorStoreInterface): store is ChromaStore {
  return "storedPassages" in store;
}

/**
 * Returns why an existing source was not read. A file that cannot be read has not been deleted, nor have the
 * files below a folder that cannot be read. An empty file has no passages any more. A file behind a link that
 * is not followed is left out on purpose, and counts as deleted.
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
