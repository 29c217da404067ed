import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { CandidateOptions, CandidateSource } from "../documents/candidate-source.ts";
import { withoutRepetitions } from "../documents/identity.ts";
import { parseFilter } from "../documents/parse-filter.ts";
import { withProvenance } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { untilAborted } from "../abort.ts";
import { describe, requireText, RetrievalError } from "../errors.ts";

/** Any LangChain retriever, with the `k` that it was made with, or a chain that ends in one. */
export type AnyRetriever = BaseRetrieverInterface;

/**
 * Takes a retriever as a first stage. One of LangChain's has no `k`, filter or signal for each call: it
 * gives what it was made for, and asking for more candidates than its `k`, or for a filter, is
 * `invalid-option`, because a filter that is not applied would show one tenant another's documents.
 * A document that it gives twice, as one that asks several queries does, is one candidate.
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
          `A LangChain retriever (${retriever.constructor.name}) takes no filter for each call: use DenseRetriever or Bm25Retriever, or make it with the filter.`,
        );
      }
      const own = ownCount(retriever);
      if (own !== undefined && own < k) {
        throw new RetrievalError(
          "invalid-option",
          `${retriever.constructor.name} was made to give ${own} documents and ${k} are asked for: make it with more, or ask for ${own}.`,
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

/** Whoever wrote the source, what it gives are documents. */
function checkedSource(source: CandidateSource): CandidateSource {
  return {
    async candidates(query, options) {
      const found = await source.candidates(query, options);
      return requireDocuments("candidates(query)", found);
    },
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

/** How many documents a LangChain retriever was made to give, where it says so. */
export function ownCount(retriever: CandidateSource | AnyRetriever): number | undefined {
  const own: unknown = "candidates" in retriever ? undefined : Reflect.get(retriever, "k");
  return typeof own === "number" ? own : undefined;
}
