import { abortSignal } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { OptionRules } from "../options.ts";

/** What every compressor of this package takes with a call. */
export interface CompressOptions {
  readonly signal?: AbortSignal | undefined;
}

export const compressOptionRules: OptionRules<CompressOptions> = { signal: abortSignal };

/** A document compressor that stops when its `signal` is aborted. */
export abstract class CancellableCompressor extends BaseDocumentCompressor {
  /**
   * New documents, best first or in their order; those given stay as they were.
   *
   * @throws `invalid-input` where the query is empty or a document has no text; the signal's reason where it is aborted
   */
  abstract compress(
    query: string,
    documents: readonly DocumentInterface[],
    options?: CompressOptions,
  ): Promise<Document[]>;

  /** What LangChain calls; it carries no signal. */
  override async compressDocuments(
    documents: readonly DocumentInterface[],
    query: string,
  ): Promise<Document[]> {
    return this.compress(query, documents);
  }
}
