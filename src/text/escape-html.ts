import { printableLines } from "./printable.ts";

/**
 * A text as HTML shows it, in an element and in a quoted attribute. Hidden characters, which could reorder a line or
 * are not allowed in a page, are shown as escapes such as `\u202e`.
 */
export function escapeHtml(text: string): string {
  return printableLines(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
