/** The beginning of a block that is recognised by a single line; `break` is a thematic break. */
export type BlockStart =
  | { readonly kind: "heading"; readonly level: number; readonly title: string }
  | { readonly kind: "break" }
  | { readonly kind: "fence"; readonly marks: string }
  /**
   * `until` matches its last line, or the blank line after it; `isWhole` if the first line is also the last.
   */
  | { readonly kind: "html"; readonly until: RegExp; readonly isWhole: boolean };

/**
 * The block that a line, without its indentation, begins; `undefined` for text.
 *
 * @see CommonMark 0.31, sections 4.1, 4.2, 4.5 and 4.6
 */
export function blockStart(line: string, isInParagraph: boolean): BlockStart | undefined {
  switch (line.charAt(0)) {
    case "#":
      return heading(line);
    case "`":
    case "~": {
      // A further backtick after the fence would make it inline code.
      const [marks] = /^(?:`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
      return marks === undefined ? undefined : { kind: "fence", marks };
    }
    case "<":
      return html(line, isInParagraph);
    case "*":
    case "-":
    case "_":
      return /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/.test(line)
        ? { kind: "break" }
        : undefined;
    default:
      return undefined;
  }
}

/** Whether a line closes a fence: at least as many of the same marks, and nothing after them. */
export function closesFence(line: string, fence: string): boolean {
  const [, marks = ""] = /^(`+|~+)[ \t]*$/.exec(line) ?? [];
  return marks.length >= fence.length && marks.charAt(0) === fence.charAt(0);
}

/** The level of the heading that this line makes of the paragraph above it. */
export function underlineLevel(line: string): number | undefined {
  if (!/^(?:=+|-+)[ \t]*$/.test(line)) return undefined;
  return line.startsWith("=") ? 1 : 2;
}

/** Whether a line separates the column names in the line above from the rows of a table. */
export function isDelimiterRow(line: string, names: string): boolean {
  if (!/^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(line)) return false;
  return /[|:]/.test(line) && countCells(line) === countCells(names);
}

function countCells(row: string): number {
  const inner = row.trim().replace(/^\|/, "");
  const pipes = inner.match(/\\[\\|]|\|/g)?.filter((match) => match === "|").length ?? 0;
  return /(?<!\\)\|$/.test(inner) ? pipes : pipes + 1;
}

function heading(line: string): BlockStart | undefined {
  const [hashes] = /^#{1,6}(?=[ \t]|$)/.exec(line) ?? [];
  if (hashes === undefined) return undefined;
  const title = line.slice(hashes.length).trim();
  return {
    kind: "heading",
    level: hashes.length,
    title: title.replace(/(?:^|[ \t])#+$/, "").trimEnd(),
  };
}

/** The end of HTML that ends at a blank line. */
export const blankLine: RegExp = /^[ \t]*$/;

/** Tags that begin a block, by name; other tags must be alone on their line. */
const blockTag =
  /^<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:[ \t]|\/?>|$)/i;
const verbatimTag = /^<(?:pre|script|style|textarea)(?:[ \t>]|$)/i;
const attribute = /[ \t]+[a-z_:][\w.:-]*(?:[ \t]*=[ \t]*(?:[^ \t"'=<>`]+|'[^']*'|"[^"]*"))?/i;
const loneTag = new RegExp(
  `^(?:<[a-z][a-z0-9-]*(?:${attribute.source})*[ \\t]*/?>|</[a-z][a-z0-9-]*[ \\t]*>)[ \\t]*$`,
  "i",
);

function html(line: string, isInParagraph: boolean): BlockStart | undefined {
  const until = endOfHtml(line, isInParagraph);
  return until && { kind: "html", until, isWhole: until.test(line) };
}

function endOfHtml(line: string, isInParagraph: boolean): RegExp | undefined {
  if (verbatimTag.test(line)) return /<\/(?:pre|script|style|textarea)>/i;
  if (line.startsWith("<!--")) return /-->/;
  if (line.startsWith("<?")) return /\?>/;
  if (line.startsWith("<![CDATA[")) return /\]\]>/;
  if (/^<![a-z]/i.test(line)) return />/;
  if (blockTag.test(line)) return blankLine;
  // Attributes can match in many ways, so long lines are not tried.
  const isLoneTag = !isInParagraph && line.length <= 1000 && loneTag.test(line);
  return isLoneTag ? blankLine : undefined;
}
