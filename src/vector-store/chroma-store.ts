import { abortSignal, callback, checkedByTaker, strings, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { VectorStore } from "@langchain/core/vectorstores";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import type { OptionRules } from "../options.ts";

/** How far a call of `addDocuments` is; documents that share an id count once. */
export interface AddProgress {
  readonly done: number;
  readonly total: number;
  /** How many of those done had to be embedded; the others were stored already. */
  readonly embedded: number;
}

/** Options of one `addDocuments` or `addVectors` call. */
export interface AddDocumentsOptions {
  /** One id for each document. @defaultValue the document's `id`, else a hash of its text and `metadata.source` */
  readonly ids?: string[] | undefined;
  /** Ends the call between two steps; what was stored until then stays. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  /** How many documents are embedded and stored in one step, at least 1. @defaultValue 64 */
  readonly batchSize?: number | undefined;
}

export const addDocumentsOptionRules: OptionRules<AddDocumentsOptions> = {
  ids: strings,
  signal: abortSignal,
  onProgress: callback,
  batchSize: wholeNumber(1),
};

/** Which passages to remove: those with these ids, or all that the filter lets through. */
export interface DeleteOptions {
  readonly ids?: readonly string[] | undefined;
  readonly filter?: MetadataFilter | undefined;
}

export const deleteOptionRules: OptionRules<DeleteOptions> = {
  ids: strings,
  filter: checkedByTaker,
};

/** A LangChain vector store on one Chroma collection, with cosine similarity for a score. */
export interface ChromaStore extends VectorStore {
  FilterType: MetadataFilter;
  readonly collectionName: string;
  /** Where the server answers. */
  readonly url: string;
  /** The data folder, where the server was started for it. */
  readonly path: string | undefined;
  /** Scores are similarities in -1..1, not the distances of LangChain's own `Chroma`. */
  readonly scoreKind: "similarity";
  /**
   * Stores documents and gives their ids in the order of `documents`. What is stored already with the
   * same text is not embedded again, so that a run that was interrupted continues when it is repeated.
   * The metadata given takes the place of what was stored under the id. Of those that share an id, the last one counts.
   */
  addDocuments(
    documents: readonly DocumentInterface[],
    options?: AddDocumentsOptions,
  ): Promise<string[]>;
  /** Stores documents with vectors made elsewhere, and gives their ids. */
  addVectors(
    vectors: readonly number[][],
    documents: readonly DocumentInterface[],
    options?: AddDocumentsOptions,
  ): Promise<string[]>;
  /** The best `k` with their similarity, best first; `filter` narrows what the server searches. */
  similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: MetadataFilter,
  ): Promise<[DocumentInterface, number][]>;
  /** The metadata of every stored passage by its id, for an indexer to compare with. */
  storedPassages(): Promise<Map<string, Readonly<Record<string, unknown>>>>;
  /** The stored passages with these ids, in no order; an id that is not there is left out. */
  storedDocuments(ids: readonly string[]): Promise<Document[]>;
  delete(options: DeleteOptions): Promise<void>;
  /** Leaves the server; one that was started for `path` ends with its last user. */
  close(): Promise<void>;
  /** Calls `close` at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}
