import GithubSlugger from "github-slugger";
import { takeAtOnce, type Steps } from "../breather.ts";
import { markdownLines } from "./markdown-lines.ts";

/** A text under a heading, up to the next heading of any level. */
export interface MarkdownSection {
  /** Slug of the heading's first 200 characters as GitHub makes it, unique in its document; "" before the first heading. */
  readonly slug: string;
  /** The headings above and the section's own, outermost first, joined by " > ": at most six, each cut to 200 characters. */
  readonly headingPath: string;
  /** Offsets in the document, in UTF-16 units; headings directly above the text are part of it. */
  readonly start: number;
  /** Where the text behind the headings begins. */
  readonly bodyStart: number;
  readonly end: number;
}

/**
 * Cuts a text at its ATX headings (`#` to `######`). Lines within fenced code are no headings, nor are
 * underlined ones (setext headings). A text without headings is one section. A heading with nothing
 * under it goes to the section that follows, so that no section is a heading alone, except at the end.
 *
 * @see CommonMark 0.31, section 4.2
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
  const close = (end: number): void => {
    if (text.slice(current.start, end).trim() !== "") sections.push({ ...current, end });
  };
  for (const { text: line, start: index, fence } of markdownLines(text)) {
    yield;
    if (fence !== undefined) continue;
    const [opening = "", hashes = ""] = headingOpening.exec(line) ?? [];
    if (hashes === "") continue;
    const title = shortened(withoutClosingHashes(line.slice(opening.length)));
    const isBare = text.slice(current.bodyStart, index).trim() === "";
    if (!isBare) close(index);
    while ((above.at(-1)?.level ?? 0) >= hashes.length) above.pop();
    above.push({ level: hashes.length, title });
    current = {
      slug: slugger.slug(title),
      headingPath: above.map((each) => each.title).join(" > "),
      start: isBare ? current.start : index,
      bodyStart: index + line.length,
    };
  }
  close(text.length);
  return sections;
}

/** Up to three spaces and one to six hashes, with white space or nothing behind them. */
const headingOpening = /^ {0,3}(#{1,6})(?=\s|$)/;

function withoutClosingHashes(title: string): string {
  return title
    .trim()
    .replace(/(?:^|[ \t])#+$/, "")
    .trimEnd();
}

/** The most characters of a heading that its sections carry, since each passage repeats them. */
const mostTitle = 200;

function shortened(title: string): string {
  if (title.length <= mostTitle) return title;
  // Not within a character of two units.
  return `${title.slice(0, mostTitle - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
