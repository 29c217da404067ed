import { kindOf, RetrievalError } from "../errors.ts";
import type { DocumentMetadata } from "./document-table.ts";

/** Ids, or what must hold of a document. */
export type SearchFilter =
  | ReadonlySet<string>
  | ((id: string, metadata: DocumentMetadata) => boolean);

/** Only `undefined` is no filter, and only a boolean an answer: a promise would let everything through. */
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
      `Expected \`filter\` to be a set of ids or a function, got ${kindOf(filter)}: Bm25Retriever takes a filter on metadata.`,
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
