/** A list whose items have numbers of their own, such as `1. 3`: what the items name, in their order. */
export interface NumberedList {
  /** The passages that items name; `undefined` for an item that names none, or several. */
  readonly passages: readonly (number | undefined)[];
  /** Whether each item marks its number as a passage's: `1. [3]`, `1. Passage 3`. */
  readonly isNamed: boolean;
  /** The text with blanks in place of the items' own numbers; its length is unchanged. */
  readonly withoutMarkers: string;
  /** The offsets of the first line of each item in `withoutMarkers`, without the item's own number. */
  readonly lines: readonly { readonly start: number; readonly end: number }[];
}

/** The words before a passage's number. */
export const passageLabel = "(?:passages?|documents?|docs?|number|index|id)";

/**
 * The last list in a text whose items are numbered 1, 2, and so on; `undefined` if there is none. Numbers in square
 * brackets are passages, so `[1]: 3` is not an item.
 */
export function numberedListIn(text: string): NumberedList | undefined {
  const markers = lastChain([...text.matchAll(marker)]);
  if (markers.length < 2) return undefined;
  const ends = markers.map((found) => found.index + found[0].length);
  const items = ends.map((end, position) => text.slice(end, markers[position + 1]?.index));
  // Such as (3), (1), (2): these are the passages.
  if (items.slice(0, -1).some((item) => item.trim() === "")) return undefined;
  const read = items.map((item) => passageIn(item.trimStart().split("\n", 1)[0] ?? ""));
  // The last item may be missing where the reply was cut off.
  if (items.at(-1)?.trim() === "") read.pop();
  const blanks = markers.map(({ 0: found }) => found.replaceAll(/[^\s>,;]/g, " "));
  const withoutMarkers = items.reduce(
    (before, item, position) => before + (blanks[position] ?? "") + item,
    text.slice(0, markers[0]?.index),
  );
  return {
    passages: read.map((item) => item?.passage),
    isNamed: read.every((item) => item?.isNamed === true),
    withoutMarkers,
    lines: items.map((item, position) => {
      const start = ends[position] ?? 0;
      const length = item.indexOf("\n");
      return { start, end: start + (length === -1 ? item.length : length) };
    }),
  };
}

/** The number of an item, at the start of a line or after the item before: `1.`, `2)`, `"3":`, `4th`, `5 ->`. */
const marker = new RegExp(
  [
    String.raw`(?:^|(?<=[{,;>])|(?<=[\d\])*_"'\x60][ \t]))[ \t]*`,
    String.raw`(?:[-*_#"'\x60({>]{1,9}[ \t]*)?`,
    String.raw`(?:(?:rank|place|position)[ \t]*#?)?(?<![\d.])(\d{1,4})`,
    String.raw`(?:(?:st|nd|rd|th)\b(?: place)?)?["'*_\x60]{0,4}[ \t]*(?:\.(?!\d)\)?|[):=]|[-=]>|→|[-–—](?=[ \t]))["'*_\x60]{0,4}(?![ \t]*[<>=,;])`,
  ].join(""),
  "gim",
);

/** The last of the markers that count from 1 without a gap. */
function lastChain(found: readonly RegExpExecArray[]): RegExpExecArray[] {
  let last: RegExpExecArray[] = [];
  let chain: RegExpExecArray[] = [];
  for (const each of found) {
    const value = Number(each[1]);
    if (value === chain.length + 1) chain.push(each);
    else if (value === 1) chain = [each];
    if (chain.length > 1) last = chain;
  }
  return last;
}

const bareFirst = /^["'*_`(:#\s]*(\d+)["'*_`)\s]*(?:$|[^\s\w.]|\.(?!\d))/;
const named = new RegExp(
  String.raw`\[["'*\x60\s]*(\d+)["'*\x60\s]*\]|\b${passageLabel}"?\s{0,9}[:=#]?\s{0,9}["'(*#[]{0,4}(\d+)`,
  "gi",
);

/** The passage that an item names: its first number, if nothing stands before it, or the only named one. */
function passageIn(
  item: string,
): { readonly passage: number; readonly isNamed: boolean } | undefined {
  const all = [...item.matchAll(named)];
  const numbers = new Set(all.map(([, bracketed, labelled]) => Number(bracketed ?? labelled)));
  const [passage] = numbers;
  const isFirst = !/\p{L}/u.test(item.slice(0, all[0]?.index));
  if (passage !== undefined && (isFirst || numbers.size === 1)) return { passage, isNamed: true };
  const bare = bareFirst.exec(item)?.[1];
  return bare === undefined ? undefined : { passage: Number(bare), isNamed: false };
}
