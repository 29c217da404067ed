import { sourceOf } from "../documents/source.ts";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { comparableNumber } from "../documents/comparable-number.ts";
import { flatLocation } from "../documents/flat-location.ts";
import { contentId } from "../documents/identity.ts";
import type { Scalar } from "../documents/metadata-filter.ts";
import { describe, kindOf, RetrievalError } from "../errors.ts";
import { wellFormed } from "../text/well-formed.ts";

type Metadata = Readonly<Record<string, unknown>>;

/** A document in Chroma's format. */
export interface ChromaRecord {
  readonly id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, Scalar>>;
}

/**
 * Converts a document to a record. Replaces lone surrogates in the text. Rounds fractions to 15 significant
 * digits, because the server misreads longer ones. Leaves out absent values (`undefined`, `null`). Flattens the
 * `loc` of LangChain's splitters, as LangChain's `Chroma` does. Throws `invalid-input` for anything else that
 * Chroma cannot store.
 */
export function toRecord(document: DocumentInterface, id: string | undefined): ChromaRecord {
  const { pageContent, metadata } = document;
  const name = id ?? document.id;
  const text = wellFormed(pageContent);
  const record = { text, id: name ?? contentId(text, sourceOf(document)) };
  requireId(record.id);
  return { ...record, metadata: toFields(record, metadata) };
}

/** Converts a record to a document: the inverse of `toRecord`. */
export function toDocument(id: string, text: string, fields: Metadata | undefined): Document {
  return new Document({ id, pageContent: text, metadata: withLoc(fields ?? {}) });
}

function requireId(id: unknown): void {
  if (typeof id === "string" && id !== "" && id === wellFormed(id)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected a document's id to be a non-empty string, got ${JSON.stringify(id)}.`,
  );
}

function toFields(
  { id, text }: Omit<ChromaRecord, "metadata">,
  metadata: Metadata,
): Record<string, Scalar> {
  const fields: Record<string, Scalar> = {};
  for (const [key, value] of Object.entries(flatLocation(metadata))) {
    if (value === undefined || value === null) continue;
    if (key === "__proto__" || key.startsWith("chroma:")) {
      throw new RetrievalError(
        "invalid-input",
        `Chroma drops metadata fields that are named \`__proto__\` or start with "chroma:", such as ${describe(key)} of document ${id}: rename the field.`,
      );
    }
    if (typeof value === "string") fields[wellFormed(key)] = wellFormed(value);
    else if (typeof value === "boolean") fields[wellFormed(key)] = value;
    else if (isFinite(value)) fields[wellFormed(key)] = comparableNumber(value);
    else {
      throw new RetrievalError(
        "invalid-input",
        `Chroma stores strings, numbers and booleans as metadata, but ${describe(key)} of document ${id} (${JSON.stringify(text.slice(0, 40))}) is ${kindOf(value)}: convert it to one of these, or leave it out.`,
      );
    }
  }
  return fields;
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

function withLoc(fields: Metadata): Record<string, unknown> {
  const { locFrom: from, locTo: to, locPageNumber: pageNumber, ...rest } = fields;
  if (from === undefined && to === undefined && pageNumber === undefined) return { ...fields };
  return {
    ...rest,
    loc: {
      ...(from === undefined && to === undefined ? {} : { lines: { from, to } }),
      ...(pageNumber === undefined ? {} : { pageNumber }),
    },
  };
}
