/**
 * The order of `count` passages in a model's reply, as indices from 0, best first; `undefined` if the reply names
 * none. Passages are numbered from 1. Repeated and unknown numbers are ignored, and passages that the reply does not
 * name follow in their current order.
 *
 * @see Sun et al., Is ChatGPT Good at Search? (EMNLP 2023), https://doi.org/10.18653/v1/2023.emnlp-main.923
 */
export function readPermutation(reply: string, count: number): number[] | undefined {
  for (const read of readers) {
    const named = distinct(read(reply), count);
    if (named === undefined) continue;
    const rest = Array.from({ length: count }, (_, index) => index);
    return [...new Set([...named, ...rest])];
  }
  return undefined;
}

/** The parts of a reply that a form finds, each with the texts of its numbers. */
type Reader = (reply: string) => readonly (readonly string[])[];

const label = String.raw`(?:passages?|documents?|docs?|number|index|id)`;
/** A number with what may enclose it: `[3]`, `"3"`, `**Passage 3**`. */
const item = String.raw`(?:[[("'*\`]*(?:${label}\s*)?[[("'*\`#]*\d+[\])"'*\`]*)`;

/**
 * Forms of a list, the surest first. Reasons before the list may name passages, too, so a list with signs between its
 * numbers counts before single numbers.
 */
const readers: readonly Reader[] = [
  // [3] > [1] > [2]
  runs(new RegExp(String.raw`${item}(?:\s*>\s*${item})+`, "gi")),
  // [3, 1, 2], also as strings
  runs(new RegExp(String.raw`\[\s*${item}(?:\s*,\s*${item})*\s*,?\s*\]`, "gi"), 2),
  // Passages in a list of their own numbers: "1. Passage 3", "1) [3]", {"id": 3}
  singles(new RegExp(String.raw`\[\s*(\d+)\s*\]|"?\b${label}\b"?\s*[:=#]?\s*["[#]*(\d+)`, "gi")),
  // 3, 1, 2, also on lines of their own
  runs(new RegExp(String.raw`${item}(?:(?:\s*[,;→]\s*|\s+)${item})+`, "gi"), 2),
];

/** Each match is a list; the one with most numbers counts, the last of equals. */
function runs(pattern: RegExp, fewest = 1): Reader {
  return (reply) => {
    const found = Array.from(reply.matchAll(pattern), ([list]) => list.match(/\d+/g) ?? []);
    return found.filter(({ length }) => length >= fewest);
  };
}

/** All matches together are one list. */
function singles(pattern: RegExp): Reader {
  return (reply) => [
    Array.from(reply.matchAll(pattern), ([, bare, labelled]) => bare ?? labelled ?? ""),
  ];
}

/** The indices of the list that names most passages, the last of equals; `undefined` if none names one. */
function distinct(lists: readonly (readonly string[])[], count: number): number[] | undefined {
  const known = lists
    .map((list) =>
      [...new Set(list.map(Number))].filter((number) => number >= 1 && number <= count),
    )
    .filter(({ length }) => length > 0);
  const most = Math.max(0, ...known.map(({ length }) => length));
  return known.findLast(({ length }) => length === most)?.map((number) => number - 1);
}
