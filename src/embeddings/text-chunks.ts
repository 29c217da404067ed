import { describe, RetrievalError } from "../errors.ts";

/** Yields the texts in arrays of `size`; the last one may be shorter. */
export async function* chunksOf(
  texts: Iterable<string> | AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  let chunk: string[] = [];
  for await (const text of texts) {
    chunk.push(text);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** A string is refused, too: its characters would pass for texts. */
export function requireIterable(texts: unknown): void {
  const found: object = Object(texts);
  const isIterable = Symbol.iterator in found || Symbol.asyncIterator in found;
  if (isIterable && typeof texts !== "string") return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`texts\` to be an iterable of strings, such as an array, got ${describe(texts)}.`,
  );
}
