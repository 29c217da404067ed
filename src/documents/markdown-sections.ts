import GithubSlugger from "github-slugger";

/** A text under a heading, up to the next heading of any level. */
export interface MarkdownSection {
  /** The heading's slug as GitHub makes it, unique in its document; "" before the first heading. */
  readonly slug: string;
  /** The headings above and the section's own, outermost first, joined by " > ". */
  readonly headingPath: string;
  /** Offsets in the document, in UTF-16 units; headings directly above the text are part of it. */
  readonly start: number;
  /** Where the text behind the headings begins. */
  readonly bodyStart: number;
  readonly end: number;
}

/**
 * Cuts a text at its ATX headings (`#` to `######`); lines within fenced code are no headings. A text
 * without headings is one section. A heading with nothing under it goes to the section that follows,
 * so that no section is a heading alone, except at the end.
 *
 * @see CommonMark 0.31, sections 4.2 and 4.5
 */
export function markdownSections(text: string): MarkdownSection[] {
  const slugger = new GithubSlugger();
  const above: { level: number; title: string }[] = [];
  const sections: MarkdownSection[] = [];
  let current = { slug: "", headingPath: "", start: 0, bodyStart: 0 };
  let fence: string | undefined;
  const close = (end: number): void => {
    if (text.slice(current.start, end).trim() !== "") sections.push({ ...current, end });
  };
  for (const { 0: line, index } of text.matchAll(/[^\n]+/g)) {
    const [, marker] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === undefined && marker !== undefined) fence = marker;
    else if (fence !== undefined && closes(line, fence)) fence = undefined;
    if (fence !== undefined) continue;
    const [, hashes = "", title = ""] = heading.exec(line) ?? [];
    if (hashes === "") continue;
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

/** Up to three spaces, one to six hashes, the title, and hashes that close it. */
const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\r?$/;

/** A fence is closed by at least as many of its own marks, with nothing behind them. */
function closes(line: string, fence: string): boolean {
  const trimmed = line.trim();
  return trimmed.length >= fence.length && trimmed === fence.charAt(0).repeat(trimmed.length);
}
