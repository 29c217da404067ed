import { fromMarkdown } from "mdast-util-from-markdown";
import { toString } from "mdast-util-to-string";
import type { MarkdownBlock } from "./markdown-blocks.ts";

/**
 * The visible text of a heading: the words of links, code and emphasis, without tags and entities. `labels` are
 * the labels of links that are defined elsewhere in the document.
 */
export function headingText(title: string, labels: ReadonlySet<string> = new Set()): string {
  const words = shortened(title, mostMarkup);
  if (!markup.test(words)) return shortened(words, mostText);
  const used = Array.from(words.matchAll(/\[([^[\]]+)\]/g), ([, label = ""]) => label);
  const definitions = used.filter((label) => labels.has(normalLabel(label)));
  const kept = words.replaceAll(deleted, (part, inner?: string) => inner ?? part);
  const tree = fromMarkdown(
    [`# ${kept}`, ...definitions.map((label) => `[${label}]: #`)].join("\n\n"),
  );
  const text = toString(tree, { includeHtml: false }).replaceAll(/\s+/g, " ").trim();
  return shortened(text, mostText);
}

/** The labels of the link definitions in a text, such as `[label]: https://example.org`, in normal form. */
export function linkLabels(text: string, blocks: readonly MarkdownBlock[]): ReadonlySet<string> {
  const labels = new Set<string>();
  if (!text.includes("]:")) return labels;
  let from = 0;
  for (const { kind, start, end } of [...blocks, { kind: "end", start: text.length, end: 0 }]) {
    if (kind !== "code" && kind !== "end") continue;
    const part = text.slice(from, Math.max(from, start));
    for (const [, label = ""] of part.matchAll(definition)) labels.add(normalLabel(label));
    from = Math.max(from, end);
  }
  return labels;
}

/** A label that begins with `^` belongs to a footnote. */
const definition = /^[ \t>]*\[(?!\^)([^[\]\r\n]{1,400})\]:/gm;

function normalLabel(label: string): string {
  return label.trim().replaceAll(/\s+/g, " ").toLowerCase();
}

const markup = /[\\`*_[\]<>&!~]/;
/** Code, an escaped character, or text that GitHub's Markdown strikes out. */
const deleted = /`+[^`]*`+|\\.|(?<!~)~~(?=[^\s~])([^~]*)(?<=[^\s~])~~(?!~)/g;

/** Maximum number of characters of a heading to parse: enough for its words and link targets. */
const mostMarkup = 400;
/** Maximum number of characters to keep, because each passage repeats them. */
const mostText = 200;

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  // Does not cut inside a surrogate pair.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
