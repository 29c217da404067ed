import { replaceEveryHidden, replaceHidden } from "./hidden-characters.ts";

/**
 * A text on one line as a terminal can show it: characters that would move the cursor, change colours or reorder
 * text are written as escapes such as `\u001b`, and so are line breaks and tabs. A second call changes nothing.
 */
export function printable(text: string): string {
  return replaceHidden(text, escapeOf);
}

/** As `printable`, for a text of several lines: line breaks and tabs stay, and CRLF becomes LF. */
export function printableLines(text: string): string {
  return replaceHidden(text.replaceAll("\r\n", "\n"), (character) =>
    character === "\n" || character === "\t" ? character : escapeOf(character),
  );
}

/**
 * A value as indented JSON that a terminal can show: what is hidden is escaped, also the characters that
 * `JSON.stringify` leaves as they are, and `JSON.parse` gives the value back.
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
