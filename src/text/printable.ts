import { cutEnd } from "./cut-text.ts";
import { replaceEveryHidden, replaceHidden } from "./hidden-characters.ts";

/**
 * Makes a text safe for one line of a terminal: characters that would move the cursor, change colours or
 * reorder text become escapes such as `\u001b`, and so do line breaks and tabs. Idempotent.
 */
export function printable(text: string): string {
  return replaceHidden(text, escapeOf);
}

/** As `printable`, but only the first characters; for outside text in a message. */
export function excerptOf(text: string, most: number = 120): string {
  return cutEnd(printable(text.slice(0, most + 1)), most);
}

/** As `printable`, for several lines: line breaks and tabs stay, and CRLF becomes LF. */
export function printableLines(text: string): string {
  return replaceHidden(text.replaceAll("\r\n", "\n"), (character) =>
    character === "\n" || character === "\t" ? character : escapeOf(character),
  );
}

/**
 * A value as indented JSON that is safe for a terminal. Escapes hidden characters, also those that
 * `JSON.stringify` leaves unescaped; `JSON.parse` returns the same value.
 */
export function printableJson(value: unknown): string {
  return replaceEveryHidden(JSON.stringify(value, null, 2), (character) =>
    character === "\n" ? character : Array.from(units(character), unitEscape).join(""),
  );
}

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return (
    shortEscapes[character] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : unitEscape(character))
  );
}

function units(character: string): string[] {
  return character.split("");
}

function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
