import { printableLines } from "./printable.ts";

/**
 * Escapes a text for HTML elements and quoted attributes. Hidden characters, which could reorder a line or are
 * not allowed in a page, become escapes such as `\u202e`.
 */
export function escapeHtml(text: string): string {
  return printableLines(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
