import { describe, RetrievalError } from "../errors.ts";
import { abortSignal, callback } from "../option-rules.ts";
import type { OptionRules } from "../options.ts";
import type { DocumentMetadata } from "./document-table.ts";
import type { Breather } from "../breather.ts";

/** A searchable text with a unique id. */
export interface Bm25Document {
  readonly id: string;
  readonly text: string;
  /** What a filter can test; stored as JSON in a saved index. */
  readonly metadata?: DocumentMetadata | undefined;
}

/** Options of one `add` or `update` call. */
export interface Bm25AddOptions {
  /** Ends the call between two documents. Earlier documents stay; repeat the whole list with `update`. */
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time, and at the end. */
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
}

export const bm25AddOptionRules: OptionRules<Bm25AddOptions> = {
  signal: abortSignal,
  onProgress: callback,
};

/** A copy of the list. */
export function listOf(documents: readonly Bm25Document[]): Bm25Document[] {
  if (Array.isArray(documents)) return [...documents];
  throw invalid(`Expected \`documents\` to be an array, got ${describe(documents)}.`);
}

/** Throws `invalid-input` if a document has no id or no text, or if its id occurs twice or `isTaken`. */
export async function requireDocuments(
  documents: readonly Bm25Document[],
  isTaken: (id: string) => boolean,
  breather: Breather,
): Promise<void> {
  const seen = new Set<string>();
  for (const [position, document] of documents.entries()) {
    if (typeof document !== "object" || document === null) {
      throw invalid(
        `Expected \`documents[${position}]\` to be an object such as { id: "a", text: "…" }, got ${describe(document)}.`,
      );
    }
    const { id, text } = document;
    requireId(id, `documents[${position}].id`);
    if (typeof text !== "string") {
      throw invalid(
        `Expected the text of ${JSON.stringify(id)} to be a string, got ${describe(text)}.`,
      );
    }
    if (seen.has(id)) {
      throw invalid(`Expected each id once, got ${JSON.stringify(id)} twice in one call.`);
    }
    if (isTaken(id)) {
      throw invalid(
        `The index already holds a document with the id ${JSON.stringify(id)}: replace it with \`update\`.`,
      );
    }
    seen.add(id);
    if (breather.isDue) await breather.pause();
  }
}

/** Throws `invalid-input` unless all ids are non-empty strings. */
export function requireIds(ids: readonly string[]): void {
  if (!Array.isArray(ids)) throw invalid(`Expected \`ids\` to be an array, got ${describe(ids)}.`);
  for (const [position, id] of ids.entries()) requireId(id, `ids[${position}]`);
}

function requireId(id: unknown, where: string): void {
  if (typeof id === "string" && id !== "") return;
  throw invalid(`Expected \`${where}\` to be a non-empty string, got ${describe(id)}.`);
}

function invalid(message: string): RetrievalError {
  return new RetrievalError("invalid-input", message);
}
