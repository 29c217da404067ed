import { provenanceOf, type Provenance } from "../documents/provenance.ts";
import type { RetrievalTrace, StageTrace } from "../documents/retrieval-trace.ts";

/** A search as JSON shows it: the result with provenance, and of each stage its time and number of documents. */
export interface TraceJson {
  readonly query: string;
  readonly milliseconds: number;
  readonly stages: readonly (Omit<StageTrace, "documents"> & { readonly count: number })[];
  readonly coverage: RetrievalTrace["coverage"];
  readonly results: readonly {
    readonly id: string | undefined;
    readonly text: string;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly retrieval: Partial<Provenance>;
  }[];
}

export function traceJson({
  query,
  documents,
  stages,
  coverage,
  milliseconds,
}: RetrievalTrace): TraceJson {
  return {
    query,
    milliseconds,
    stages: stages.map(({ documents: found, ...stage }) => ({ ...stage, count: found.length })),
    coverage,
    results: documents.map((document) => {
      const { retrieval: _provenance, ...metadata } = document.metadata;
      return {
        id: document.id,
        text: document.pageContent,
        metadata,
        retrieval: provenanceOf(document),
      };
    }),
  };
}
