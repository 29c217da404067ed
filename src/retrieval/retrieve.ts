import type { DocumentInterface } from "@langchain/core/documents";
import type { RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import type { AnyRetriever } from "./any-retriever.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import { TwoStageRetriever } from "./two-stage-retriever.ts";

export interface Retrieved {
  readonly found: readonly DocumentInterface[];
  /** The trace of the search, if the retriever is a `TwoStageRetriever`. */
  readonly retrieval: RetrievalTrace | undefined;
}

/**
 * Runs one search, reported to the callbacks of the configuration; rejects as soon as its signal is aborted.
 */
export async function retrieve(
  retriever: AnyRetriever,
  query: string,
  { filter, ...config }: Partial<RunnableConfig> & { readonly filter?: MetadataFilter | undefined },
): Promise<Retrieved> {
  if (retriever instanceof TwoStageRetriever) {
    const retrieval = await retriever.search(query, { filter, config });
    return { found: retrieval.documents, retrieval };
  }
  const found = await untilAborted(retriever.invoke(query, config), config.signal);
  return { found: requireDocuments("invoke(query)", found), retrieval: undefined };
}
