import { fromMarkdown } from "mdast-util-from-markdown";
import { toString } from "mdast-util-to-string";

/** What a heading says to a reader: the words of links, code and emphasis, without tags and entities. */
export function headingText(title: string): string {
  const words = shortened(title, mostMarkup);
  if (!markup.test(words)) return shortened(words, mostText);
  const tree = fromMarkdown(`# ${words}`);
  const text = toString(tree, { includeHtml: false }).replaceAll(/\s+/g, " ").trim();
  return shortened(text, mostText);
}

const markup = /[\\`*_[\]<>&!]/;

/** The most characters of a heading that are looked at: enough for its words and where its links lead. */
const mostMarkup = 400;
/** The most characters that its sections carry, since each passage repeats them. */
const mostText = 200;

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not within a character of two units.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
