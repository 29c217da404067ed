import { printable } from "./printable.ts";

/**
 * Escapes a text for Markdown: no markup, HTML, formula, image or link, and on one line, so that it fits a
 * table cell. Hidden characters become escapes such as `\u202e`.
 */
export function escapeMarkdown(text: string): string {
  return printable(text.replaceAll(/\s+/g, " ").trim())
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~$]/g, String.raw`\$&`)
    .replace(/^(?:#{1,6}(?=\s|$)|[-+=](?=\s|$)|[-=]+(?=\s*$))/, String.raw`\$&`)
    .replace(/^\d+(?=[.)](?:\s|$))/, "$&\\")
    .replaceAll(linkOpening, entityOf);
}

/** What turns an address or a name in plain text into a link: `://`, `www.`, `mailto:`, and `@`. */
const linkOpening =
  /:(?=\/\/)|(?<=(?<![\p{L}\p{N}])www)\.|(?<=(?<![\p{L}\p{N}])(?:mailto|xmpp)):|(?<![\p{L}\p{N}])@|@(?=[-\w]+\.\w)/giu;

function entityOf(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
