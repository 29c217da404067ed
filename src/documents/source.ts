import type { DocumentInterface } from "@langchain/core/documents";

/** `metadata.source` of a document, usually a path; `undefined` if it is not a string. */
export function sourceOf({ metadata }: Pick<DocumentInterface, "metadata">): string | undefined {
  const source: unknown = metadata["source"];
  return typeof source === "string" ? source : undefined;
}
