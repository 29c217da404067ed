import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { CandidateOptions, CandidateSource } from "../documents/candidate-source.ts";
import { withoutRepetitions } from "../documents/identity.ts";
import { parseFilter } from "../documents/parse-filter.ts";
import { withProvenance } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { untilAborted } from "../abort.ts";
import { describe, requireText, RetrievalError } from "../errors.ts";

/** Any LangChain retriever with a fixed `k`, or a chain that ends in one. */
export type AnyRetriever = BaseRetrieverInterface;

/**
 * Wraps a retriever as a first stage. A LangChain retriever has no `k`, filter or signal per call: it returns
 * what it was configured for. Requesting more candidates than its `k`, or a filter, throws `invalid-option`,
 * because an ignored filter could show one tenant the documents of another. A document that it returns twice,
 * as multi-query retrievers may, becomes one candidate.
 */
export function asCandidateSource(
  option: string,
  retriever: CandidateSource | AnyRetriever,
): CandidateSource {
  requireRetriever(option, retriever);
  if ("candidates" in retriever) return checkedSource(retriever);
  return {
    async candidates(query, { k, filter, signal, callbacks }: CandidateOptions) {
      requireText("query", query);
      if (parseFilter(filter)) {
        throw new RetrievalError(
          "invalid-option",
          `A LangChain retriever (${retriever.constructor.name}) accepts no filter per call: use DenseRetriever or Bm25Retriever, or create it with the filter.`,
        );
      }
      const own = ownCount(retriever);
      if (own !== undefined && own < k) {
        throw new RetrievalError(
          "invalid-option",
          `${retriever.constructor.name} was created to return ${own} documents, but ${k} were requested: create it with more, or request ${own}.`,
        );
      }
      const config = { ...(callbacks && { callbacks }), ...(signal && { signal }) };
      const found = await untilAborted(retriever.invoke(query, config), signal);
      return withoutRepetitions(requireDocuments("invoke(query)", found))
        .slice(0, k)
        .map((document, index) => withProvenance(document, { rank: index + 1 }));
    },
  };
}

/** Checks that a caller's own source returns documents. */
function checkedSource(source: CandidateSource): CandidateSource {
  return {
    async candidates(query, options) {
      const found = await source.candidates(query, options);
      return requireDocuments("candidates(query)", found);
    },
    vectorModels: async () => (await source.vectorModels?.()) ?? [],
  };
}

export function requireRetriever(option: string, value: CandidateSource | AnyRetriever): void {
  const found: object = Object(value);
  const isRetriever = ["candidates", "invoke"].some(
    (method) => typeof Reflect.get(found, method) === "function",
  );
  if (isRetriever) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a retriever or a candidate source, got ${describe(value)}.`,
  );
}

/** The number of documents that a LangChain retriever is configured to return, if it says so. */
export function ownCount(retriever: CandidateSource | AnyRetriever): number | undefined {
  const own: unknown = "candidates" in retriever ? undefined : Reflect.get(retriever, "k");
  return typeof own === "number" ? own : undefined;
}
