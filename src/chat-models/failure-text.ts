import { messageOf } from "../errors.ts";
import { excerptOf, printable } from "../text/printable.ts";

/** The message of a model's error for a message of this package: printable, and of 500 characters at most. */
export function failureText(error: unknown): string {
  return excerptOf(messageOf(error), 500);
}

/** The first characters of a model's words in quotes for a message: printable, and of `most` characters at most. */
export function quoted(text: string, most: number): string {
  const isCut = text.length > most;
  return `${printable(JSON.stringify(text.slice(0, most)))}${isCut ? "…" : ""}`;
}
