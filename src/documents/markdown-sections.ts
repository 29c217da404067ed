import GithubSlugger from "github-slugger";
import { takeAtOnce, type Steps } from "../breather.ts";
import { commentSteps, withoutComments } from "./comments.ts";
import { headingText, linkLabels } from "./heading-text.ts";
import { blockSteps, type MarkdownBlock, type TextSpan } from "./markdown-blocks.ts";

/** A text under a heading, up to the next heading of any level. */
export interface MarkdownSection {
  /** Slug of the heading as GitHub makes it, unique in its document; "" before the first heading. */
  readonly slug: string;
  /**
   * The headings above and the section's own, as plain text, outermost first, joined by " > ": at most six,
   * each cut to 200 characters.
   */
  readonly headingPath: string;
  /** Offsets in the document, in UTF-16 units; headings directly above the text are part of it. */
  readonly start: number;
  /** Offset of the text after the headings. */
  readonly bodyStart: number;
  readonly end: number;
  /** The blocks other than paragraphs in the text after the headings. */
  readonly blocks: readonly MarkdownBlock[];
  /** The comments from `start` to `end` that are not in code. */
  readonly comments: readonly TextSpan[];
}

/**
 * Splits a text at its headings; a heading in a quote or list counts as text. Front matter belongs to no
 * section. A text without headings is one section. A heading without text belongs to the next section, so that
 * no section consists of headings only, except at the end. Comments are ignored.
 */
export function markdownSections(text: string): MarkdownSection[] {
  return takeAtOnce(sectionSteps(text));
}

/** `markdownSections`, in steps. */
export function* sectionSteps(text: string): Steps<MarkdownSection[]> {
  const slugger = new GithubSlugger();
  const above: { level: number; title: string }[] = [];
  const sections: MarkdownSection[] = [];
  let current = { slug: "", headingPath: "", start: 0, bodyStart: 0 };
  const found = yield* blockSteps(text);
  const allComments = (yield* commentSteps(text, found)).values();
  let nextComment = allComments.next().value;
  const labels = linkLabels(text, found);
  let blocks: MarkdownBlock[] = [];
  let comments: MarkdownSection["comments"][number][] = [];
  /** Number of comments before the section's body. */
  let before = 0;
  const isBlank = (start: number, end: number): boolean => {
    for (; nextComment && nextComment.start < end; nextComment = allComments.next().value) {
      comments.push(nextComment);
    }
    return withoutComments(text, { start, end }, comments, before).trim() === "";
  };
  for (const block of found) {
    yield;
    if (block.kind === "front matter") {
      current = { slug: "", headingPath: "", start: block.end, bodyStart: block.end };
    } else if (block.kind === "heading" && block.depth === 0) {
      const { level = 1, start, end } = block;
      const isBare = isBlank(current.bodyStart, start);
      if (!isBare) sections.push({ ...current, end: start, blocks, comments });
      while ((above.at(-1)?.level ?? 0) >= level) above.pop();
      above.push({ level, title: headingText(block.title ?? "", labels) });
      current = {
        slug: slugger.slug(above.at(-1)?.title ?? ""),
        headingPath: above.map(({ title }) => title).join(" > "),
        start: isBare ? current.start : start,
        bodyStart: end,
      };
      blocks = [];
      if (!isBare) comments = [];
      before = comments.length;
    } else {
      blocks.push(block);
    }
  }
  const isBare = isBlank(current.bodyStart, text.length);
  if (!isBare || current.start < current.bodyStart) {
    sections.push({ ...current, end: text.length, blocks, comments });
  }
  return sections;
}
