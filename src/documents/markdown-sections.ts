import GithubSlugger from "github-slugger";
import { takeAtOnce, type Steps } from "../breather.ts";
import { headingText } from "./heading-text.ts";
import { blockSteps, type MarkdownBlock } from "./markdown-blocks.ts";

/** A text under a heading, up to the next heading of any level. */
export interface MarkdownSection {
  /** Slug of the heading as GitHub makes it, unique in its document; "" before the first heading. */
  readonly slug: string;
  /** The headings above and the section's own, as plain text, outermost first, joined by " > ": at most six, each cut to 200 characters. */
  readonly headingPath: string;
  /** Offsets in the document, in UTF-16 units; headings directly above the text are part of it. */
  readonly start: number;
  /** Where the text behind the headings begins. */
  readonly bodyStart: number;
  readonly end: number;
  /** What is no paragraph in the text behind the headings. */
  readonly blocks: readonly MarkdownBlock[];
}

/**
 * Cuts a text at its headings; one in a quote or in a list is text. Front matter is in no section. A text without
 * headings is one section. A heading with nothing under it goes to the section that follows, so that no section is a
 * heading alone, except at the end. Comments count for nothing.
 */
export function markdownSections(text: string): MarkdownSection[] {
  return takeAtOnce(sectionSteps(text));
}

/** What `markdownSections` does, in steps. */
export function* sectionSteps(text: string): Steps<MarkdownSection[]> {
  const slugger = new GithubSlugger();
  const above: { level: number; title: string }[] = [];
  const sections: MarkdownSection[] = [];
  let current = { slug: "", headingPath: "", start: 0, bodyStart: 0 };
  let blocks: MarkdownBlock[] = [];
  const close = (end: number): void => {
    const { start, bodyStart } = current;
    const isBlank =
      start === bodyStart && withoutComments(text, { start, end }, blocks).trim() === "";
    if (!isBlank) sections.push({ ...current, end, blocks });
  };
  for (const block of yield* blockSteps(text)) {
    yield;
    if (block.kind === "front matter") {
      current = { slug: "", headingPath: "", start: block.end, bodyStart: block.end };
    } else if (block.kind === "heading" && block.depth === 0) {
      const { level = 1, start, end } = block;
      const body = { start: current.bodyStart, end: start };
      const isBare = withoutComments(text, body, blocks).trim() === "";
      if (!isBare) close(start);
      while ((above.at(-1)?.level ?? 0) >= level) above.pop();
      above.push({ level, title: headingText(block.title ?? "") });
      current = {
        slug: slugger.slug(above.at(-1)?.title ?? ""),
        headingPath: above.map(({ title }) => title).join(" > "),
        start: isBare ? current.start : start,
        bodyStart: end,
      };
      blocks = [];
    } else {
      blocks.push(block);
    }
  }
  close(text.length);
  return sections;
}

/** The text from `start` to `end` without the comments among these blocks, the first of which may be one further on. */
export function withoutComments(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  blocks: readonly MarkdownBlock[],
  first = 0,
): string {
  let kept = "";
  let from = start;
  for (let index = first; index < blocks.length; index += 1) {
    const block = blocks[index];
    if (!block || block.start >= end) break;
    if (block.kind !== "comment" || block.end <= start) continue;
    kept += text.slice(from, Math.max(from, block.start));
    from = Math.min(end, block.end);
  }
  return kept + text.slice(from, end);
}
