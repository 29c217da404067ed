import type { DocumentInterface } from "@langchain/core/documents";
import { cutEnd } from "../text/cut-text.ts";
import { escapeAttribute, escapeMarks } from "../text/prompt-text.ts";

/** Maximum number of characters of a source or heading to show, since they may be of any length. */
const mostLabel = 200;

/**
 * Renders a passage between marks that nothing in its text, source and heading can close or imitate; a model
 * cites it by number or id. A score is shown with three decimals.
 */
export function renderPassage(
  { pageContent, metadata }: DocumentInterface,
  name: number | string,
  score?: number,
): string {
  const { source, headingPath }: Readonly<Record<string, unknown>> = metadata;
  const labels = [
    label("source", source),
    label("heading", headingPath),
    label("score", score?.toFixed(3)),
  ].join("");
  const mark = typeof name === "number" ? `number="${name}"` : `id="${name}"`;
  return `<passage ${mark}${labels}>\n${escapeMarks(pageContent)}\n</passage>`;
}

/** The texts of a passage before `renderPassage` escaped them. */
export function textsOf({ pageContent, metadata }: DocumentInterface): string[] {
  const { source, headingPath }: Readonly<Record<string, unknown>> = metadata;
  return [pageContent, source, headingPath].filter((text) => typeof text === "string");
}

function label(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") return "";
  return ` ${name}="${escapeAttribute(cutEnd(value, mostLabel))}"`;
}
