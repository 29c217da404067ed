import { escapeHtml } from "../../../text/escape-html.ts";

/** Markup that is safe to insert into a page unescaped. */
export class Markup {
  readonly #text: string;

  /** Marks a text as safe; only for text that this package wrote itself. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Values for a template: strings and numbers are escaped, markup and lists of markup are inserted unescaped.
 */
export type Insert = string | number | Markup | readonly Insert[];

/** A template that escapes its values, in text and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  const parts = inserts.map((insert, index) => asMarkup(insert) + (strings[index + 1] ?? ""));
  return new Markup((strings[0] ?? "") + parts.join(""));
}

/** Empty markup, for a template that needs a value. */
export const nothing: Markup = new Markup("");

function asMarkup(insert: Insert): string {
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === "string" || typeof insert === "number") return escapeHtml(String(insert));
  return insert.map((part) => asMarkup(part)).join("\n");
}
