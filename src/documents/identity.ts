import type { DocumentInterface } from "@langchain/core/documents";

/** What makes two documents the same one: their id, or without an id their source and text. */
export function identityOf({ id, pageContent, metadata }: DocumentInterface): string {
  return id ?? JSON.stringify([metadata["source"] ?? "", pageContent]);
}
