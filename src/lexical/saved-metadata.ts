import { isPlain } from "../documents/plain-object.ts";
import { kindOf, RetrievalError } from "../errors.ts";
import type { DocumentMetadata } from "./document-table.ts";

/**
 * Returns the metadata if JSON can hold it. JSON turns a Date into a string, NaN into null and a Map into `{}`,
 * so a filter would match other documents after loading than before.
 */
export function requireSavable(id: string, metadata: DocumentMetadata): DocumentMetadata {
  for (const [name, value] of Object.entries(metadata)) {
    if (value !== undefined) requireJson(value, { id, path: name, around: [metadata] });
  }
  return metadata;
}

interface Place {
  readonly id: string;
  readonly path: string;
  readonly around: readonly object[];
}

function requireJson(value: unknown, { id, path, around }: Place): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (Number.isFinite(value)) return;
  if (typeof value !== "object") throw notJson(id, path, kindOf(value));
  if (around.includes(value)) throw notJson(id, path, "an object that contains itself");
  const inner = [...around, value];
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      requireJson(item, { id, path: `${path}[${index}]`, around: inner });
    }
    return;
  }
  if (!isPlain(value) || "toJSON" in value) throw notJson(id, path, kindOf(value));
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) requireJson(item, { id, path: `${path}.${name}`, around: inner });
  }
}

function notJson(id: string, path: string, got: string): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `Expected metadata that a file can store (strings, finite numbers, booleans, null, arrays and plain objects), but "${path}" of document ${JSON.stringify(id)} is ${got}: convert it to one of these, or leave it out.`,
  );
}
