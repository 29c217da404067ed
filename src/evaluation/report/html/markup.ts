import { escapeHtml } from "../../../text/escape-html.ts";

/** Markup that is safe to put into a page as it is. */
export class Markup {
  readonly #text: string;

  /** Takes the text as markup: only for what this package wrote itself. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: texts and numbers are escaped, markup and lists of it go in as they are. */
export type Insert = string | number | Markup | readonly Insert[];

/** A template whose insertions are escaped, in text and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  const parts = inserts.map((insert, index) => asMarkup(insert) + (strings[index + 1] ?? ""));
  return new Markup((strings[0] ?? "") + parts.join(""));
}

/** Nothing, where a template needs something. */
export const nothing: Markup = new Markup("");

function asMarkup(insert: Insert): string {
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === "string" || typeof insert === "number") return escapeHtml(String(insert));
  return insert.map((part) => asMarkup(part)).join("\n");
}
