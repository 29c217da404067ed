import { Document, type DocumentInterface } from "@langchain/core/documents";
import { describe, RetrievalError } from "../errors.ts";

/**
 * Validates input documents. Returns copies with metadata `{}` where it is missing or null.
 *
 * @throws `invalid-input` if it is not an array, and for a document without text, named by its index and id
 */
export function requireDocuments(
  name: string,
  documents: readonly DocumentInterface[],
): Document[] {
  if (!Array.isArray(documents)) {
    throw invalid(`Expected \`${name}\` to be an array of documents, got ${describe(documents)}.`);
  }
  return Array.from<DocumentInterface, Document>(documents, (document, index) =>
    requireDocument(document, { name, index }),
  );
}

function requireDocument(
  document: DocumentInterface,
  { name, index }: { readonly name: string; readonly index: number },
): Document {
  if (typeof document !== "object" || document === null || !("pageContent" in document)) {
    throw invalid(
      `Expected \`${name}[${index}]\` to be a document such as { pageContent: "…", metadata: {} }, got ${describe(document)}.`,
    );
  }
  const { pageContent, metadata, id }: { readonly [Key in keyof DocumentInterface]: unknown } =
    document;
  // Called only for an error, because every search checks what its first stage found.
  const location = () =>
    `\`${name}[${index}]\`${typeof id === "string" ? ` (id ${describe(id)})` : ""}`;
  if (typeof pageContent !== "string") {
    throw invalid(
      `Expected the \`pageContent\` of ${location()} to be a string, got ${describe(pageContent)}.`,
    );
  }
  if (metadata === undefined || metadata === null)
    return new Document({ ...document, metadata: {} });
  if (typeof metadata === "object" && !Array.isArray(metadata)) return document;
  throw invalid(
    `Expected the \`metadata\` of ${location()} to be an object, got ${describe(metadata)}.`,
  );
}

function invalid(message: string): RetrievalError {
  return new RetrievalError("invalid-input", message);
}
