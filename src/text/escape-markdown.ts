import { printable } from "./printable.ts";

/**
 * A text as Markdown shows it: no markup, HTML, formula, image or link, and on one line, so that it fits a
 * cell of a table. Hidden characters are shown as escapes such as `\u202e`.
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

/** What makes a link of an address or a name in plain text: `://`, `www.`, `mailto:`, and `@`. */
const linkOpening =
  /:(?=\/\/)|(?<=\bwww)\.|(?<=\b(?:mailto|xmpp)):|(?<![\p{L}\p{N}])@|@(?=[-\w]+\.\w)/giu;

function entityOf(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
