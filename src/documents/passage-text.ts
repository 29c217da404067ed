import { isDeepStrictEqual } from "node:util";
import type { DocumentInterface } from "@langchain/core/documents";
import { RetrievalError } from "../errors.ts";
import { strings } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { cutEnd } from "../text/cut-text.ts";
import { markdownSections } from "./markdown-sections.ts";

/** What models and indexes read in addition to a passage's text. */
export interface PassageTextOptions {
  /**
   * Metadata fields that are put before the text, in this order, such as `["title", "headingPath"]`; `[]` for
   * none. Strings, numbers and booleans are put there, each on its own line and cut to 200 characters. Of
   * `headingPath`, the headings that the text itself begins with are left out. @defaultValue none
   */
  readonly passageFields?: readonly string[] | undefined;
}

export const passageTextOptionRules: OptionRules<PassageTextOptions> = { passageFields: strings };

/**
 * The text of a passage as models and indexes read it: the values of `passageFields`, a blank line, and
 * `pageContent`. Without a value for any of the fields, it is `pageContent`.
 *
 * @example
 * ```ts
 * import { Document } from "@langchain/core/documents";
 * import { passageText } from "langchain-rerank";
 *
 * const passage = new Document({
 *   pageContent: "It trains two small matrices.",
 *   metadata: { headingPath: "LoRA > Memory" },
 * });
 * console.log(passageText(passage, { passageFields: ["headingPath"] }));
 * // LoRA > Memory
 * //
 * // It trains two small matrices.
 * ```
 */
export function passageText(document: DocumentInterface, options: PassageTextOptions = {}): string {
  const { passageFields = [] } = requireOptions("passageText", options, passageTextOptionRules);
  return textWithFields(document, passageFields);
}

/** Throws `invalid-option` if `given` differs from `made`, the fields with which `taker` was created. */
export function requireSameFields(
  given: readonly string[] | undefined,
  made: readonly string[],
  taker: string,
): void {
  if (given === undefined || isDeepStrictEqual([...given], [...made])) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`passageFields\` to be those of ${taker} (${JSON.stringify(made)}), got ${JSON.stringify(given)}: pass them where it is created, or leave them out.`,
  );
}

/** `passageText` with checked options. */
export function textWithFields(
  { pageContent, metadata }: Pick<DocumentInterface, "pageContent" | "metadata">,
  fields: readonly string[],
): string {
  const lines = fields.flatMap((field) => {
    const value: unknown = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    if (typeof value === "number" || typeof value === "boolean") return [String(value)];
    if (typeof value !== "string") return [];
    const line = value.trim().replaceAll(/\s+/g, " ");
    const shown = field === "headingPath" ? innermost(headingsAbove(line, pageContent)) : line;
    return shown === "" ? [] : [cutEnd(shown, mostCharacters)];
  });
  return lines.length === 0 ? pageContent : `${lines.join("\n")}\n\n${pageContent}`;
}

/** Together with a passage of 512 characters, this fits a window of 256 tokens. */
const mostCharacters = 200;
const separator = " > ";

/** The path without the headings that the text begins with. */
function headingsAbove(path: string, text: string): string {
  if (path === "" || !mayBeginWithHeading.test(text.trimStart())) return path;
  const own = markdownSections(text.slice(0, mostHeadingText))[0]?.headingPath ?? "";
  if (own === path) return "";
  return own !== "" && path.endsWith(separator + own)
    ? path.slice(0, -separator.length - own.length)
    : path;
}

/** Most passages begin with text, and need not be parsed. */
const mayBeginWithHeading = /^(?:#|<h[1-6]|.*(?:\r\n?|\n) {0,3}(?:=+|-+)[ \t]*(?:[\r\n]|$))/i;

/** A passage may be a whole file; the headings at its beginning are in its first characters. */
const mostHeadingText = 4096;

/** Leaves out outer headings until the path is short enough: the inner ones say most about the passage. */
function innermost(path: string): string {
  let kept = path;
  while (kept.length > mostCharacters && kept.includes(separator)) {
    kept = kept.slice(kept.indexOf(separator) + separator.length);
  }
  return kept;
}
