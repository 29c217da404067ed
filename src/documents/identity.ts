import { sourceOf } from "./source.ts";
import { createHash } from "node:crypto";
import type { DocumentInterface } from "@langchain/core/documents";

/** Identifies a document: its id, or else its source and text. */
export function identityOf(document: DocumentInterface): string {
  return document.id ?? contentId(document.pageContent, sourceOf(document));
}

/** The id of a passage's section in the judgements of a folder: `guide.md#section`. */
export function sectionOf({ metadata }: Pick<DocumentInterface, "metadata">): string {
  return `${metadata["source"]}#${metadata["section"]}`;
}

/** A short id to show to a model: 32 bits, the same for a document in every search. */
export function passageIdOf(document: DocumentInterface): string {
  return hashId([identityOf(document)]).slice(0, 8);
}

/** Removes repeated documents; the first occurrence stays. */
export function withoutRepetitions(documents: readonly DocumentInterface[]): DocumentInterface[] {
  const seen = new Set<string>();
  return documents.filter((document) => {
    const id = identityOf(document);
    return !seen.has(id) && seen.add(id);
  });
}

/** An id for a document without one: the same text from the same source always gets the same id. */
export function contentId(text: string, source = ""): string {
  return hashId([source, text]);
}

/** 128 bits of SHA-256 over the parts, in hex. */
export function hashId(parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
