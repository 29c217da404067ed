import { RetrievalError } from "../../errors.ts";

/** A line of a file, counted from 1. */
export interface FileLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Longer lines are cut in a message. */
const shownCharacters = 120;

/** The error for a line that is not what its layout says. */
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
