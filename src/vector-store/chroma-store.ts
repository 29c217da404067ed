import { abortSignal, callback, checkedByTaker, strings, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { VectorStore } from "@langchain/core/vectorstores";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import type { OptionRules } from "../options.ts";

/** Progress of an `addDocuments` call; documents with the same id count once. */
export interface AddProgress {
  readonly done: number;
  readonly total: number;
  /** How many of them were embedded; the others were stored already. */
  readonly embedded: number;
}

/** Options of one `addDocuments` or `addVectors` call. */
export interface AddDocumentsOptions {
  /**
   * One id for each document. @defaultValue the document's `id`, or else a hash of its text and
   * `metadata.source`
   */
  readonly ids?: string[] | undefined;
  /** Ends the call between two batches; earlier batches stay stored. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. */
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  /** How many documents are embedded and stored at a time, at least 1. @defaultValue 64 */
  readonly batchSize?: number | undefined;
}

export const addDocumentsOptionRules: OptionRules<AddDocumentsOptions> = {
  ids: strings,
  signal: abortSignal,
  onProgress: callback,
  batchSize: wholeNumber(1),
};

/** Which passages to delete: those with these ids, or all that pass the filter. */
export interface DeleteOptions {
  readonly ids?: readonly string[] | undefined;
  readonly filter?: MetadataFilter | undefined;
}

export const deleteOptionRules: OptionRules<DeleteOptions> = {
  ids: strings,
  filter: checkedByTaker,
};

/** A LangChain vector store on one Chroma collection; scores are cosine similarities. */
export interface ChromaStore extends VectorStore {
  FilterType: MetadataFilter;
  readonly collectionName: string;
  /** URL of the server. */
  readonly url: string;
  /** The data folder, if the server was started for it. */
  readonly path: string | undefined;
  /** Scores are similarities in -1..1, not distances as in LangChain's own `Chroma`. */
  readonly scoreKind: "similarity";
  /** The metadata fields that are embedded together with the text; `passageText` puts them before it. */
  readonly passageFields: readonly string[];
  /**
   * Stores documents and returns their ids, in the order of `documents`. A document that is stored with the
   * same text and `passageFields` is not embedded again, so repeating an interrupted call continues it. New metadata replaces the
   * stored metadata. Of several documents with the same id, the last one counts.
   */
  addDocuments(
    documents: readonly DocumentInterface[],
    options?: AddDocumentsOptions,
  ): Promise<string[]>;
  /** Stores documents with precomputed vectors, and returns their ids. */
  addVectors(
    vectors: readonly number[][],
    documents: readonly DocumentInterface[],
    options?: AddDocumentsOptions,
  ): Promise<string[]>;
  /** Returns the best `k` documents with their similarity, best first; the server applies `filter`. */
  similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: MetadataFilter,
  ): Promise<[DocumentInterface, number][]>;
  /** The metadata of every stored passage by its id, for an indexer to compare with. */
  storedPassages(): Promise<Map<string, Readonly<Record<string, unknown>>>>;
  /** The stored passages with these ids, in no particular order; unknown ids are ignored. */
  storedDocuments(ids: readonly string[]): Promise<Document[]>;
  delete(options: DeleteOptions): Promise<void>;
  /** Disconnects from the server; one that was started for `path` ends with its last user. */
  close(): Promise<void>;
  /** Calls `close` at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}
