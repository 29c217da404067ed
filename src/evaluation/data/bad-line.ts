import { RetrievalError } from "../../errors.ts";

/** A line of a file, counted from 1. */
export interface FileLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Longer lines are truncated in an error message. */
const shownCharacters = 120;

/** The error for a line that does not match its layout. */
export function badLine(
  { path, line, text }: FileLine,
  expected: string,
  options?: ErrorOptions,
): RetrievalError {
  const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
  return new RetrievalError(
    "invalid-input",
    `${path}:${line}: expected ${expected}, got ${JSON.stringify(shown)}.`,
    options,
  );
}
