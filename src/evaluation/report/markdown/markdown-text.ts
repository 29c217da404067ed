/**
 * A text as Markdown shows it, whatever it holds: no markup, no HTML, no image or link of its own, and
 * on one line, so that it fits a cell of a table.
 */
export function markdownText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~]/g, String.raw`\$&`)
    .replaceAll("://", "&#58;//")
    .replaceAll(/(?<![\p{L}\p{N}])@/gu, "&#64;")
    .replace(/^([-+=]|\d+\.)(?=\s)/, (mark) => `${mark.slice(0, -1)}\\${mark.slice(-1)}`);
}
