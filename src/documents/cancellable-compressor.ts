import { abortSignal } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { OptionRules } from "../options.ts";

/** Options of one `compress` call. */
export interface CompressOptions {
  /** Aborts the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const compressOptionRules: OptionRules<CompressOptions> = { signal: abortSignal };

/** A document compressor that stops when its `signal` is aborted. */
export abstract class CancellableCompressor extends BaseDocumentCompressor {
  /**
   * Returns new documents, best first or in input order; the input documents are not changed.
   *
   * @throws `invalid-input` if the query is empty or a document has no text; the signal's reason if the signal
   * is aborted
   */
  abstract compress(
    query: string,
    documents: readonly DocumentInterface[],
    options?: CompressOptions,
  ): Promise<Document[]>;

  /** Called by LangChain, which passes no signal. */
  override async compressDocuments(
    documents: readonly DocumentInterface[],
    query: string,
  ): Promise<Document[]> {
    return this.compress(query, documents);
  }
}
