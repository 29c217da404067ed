import type { Document, DocumentInterface } from "@langchain/core/documents";

/** A compressor that hears of an abort: LangChain's `compressDocuments` can carry no signal, `compress` does. */
export interface CancellableCompressor {
  compress(
    query: string,
    documents: readonly DocumentInterface[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Document[]>;
}
