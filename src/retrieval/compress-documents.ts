import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { untilAborted } from "../abort.ts";
import { CancellableCompressor } from "../documents/cancellable-compressor.ts";
import { requireDocuments } from "../documents/require-documents.ts";

export interface Compression {
  readonly query: string;
  readonly documents: readonly Document[];
  readonly signal: AbortSignal | undefined;
  readonly callbacks: Callbacks | undefined;
}

/** Runs any document compressor. Ours receive the signal; for others, only the wait is aborted. */
export async function compressDocuments(
  compressor: BaseDocumentCompressor,
  { query, documents, signal, callbacks }: Compression,
): Promise<DocumentInterface[]> {
  if (compressor instanceof CancellableCompressor) {
    return compressor.compress(query, documents, { signal });
  }
  const compressing = compressor.compressDocuments([...documents], query, callbacks);
  const compressed = await untilAborted(compressing, signal);
  return requireDocuments("compressDocuments(documents, query)", compressed);
}
