import { kindOf, RetrievalError } from "../errors.ts";
import type { DocumentMetadata } from "./document-table.ts";

/** The ids of the documents that may be found, or a predicate. */
export type SearchFilter =
  | ReadonlySet<string>
  | ((id: string, metadata: DocumentMetadata) => boolean);

/**
 * Only `undefined` means "no filter", and a predicate must return a boolean: a promise is truthy and would let
 * every document through.
 */
export function toPredicate(
  filter: SearchFilter | undefined,
): ((id: string, metadata: DocumentMetadata) => boolean) | undefined {
  if (filter === undefined) return undefined;
  if (typeof filter === "object" && typeof filter?.has === "function") {
    return (id) => filter.has(id);
  }
  if (typeof filter !== "function") {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`filter\` to be a set of ids or a function, got ${kindOf(filter)}: to filter by metadata, use Bm25Retriever.`,
    );
  }
  return (id, metadata) => {
    const passes: unknown = filter(id, metadata);
    if (typeof passes === "boolean") return passes;
    throw new RetrievalError(
      "invalid-input",
      `Expected \`filter\` to return true or false, got ${kindOf(passes)}.`,
    );
  };
}
