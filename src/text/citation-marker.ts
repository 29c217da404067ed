/** A number, or a range of numbers, in a marker. */
interface MarkerPart {
  readonly first: number;
  /** Equals `first` for a single number. */
  readonly last: number;
  /** The original text, without brackets. */
  readonly text: string;
}

/** A text in brackets that cites passages. */
export interface Marker {
  readonly parts: readonly [MarkerPart, ...MarkerPart[]];
  /** Whether it can only be a citation, such as `[^1]`, `[Passage 2]` and `【2†source】`. */
  readonly isExplicit: boolean;
}

/** The opening brackets of a marker, with their closing brackets. */
export const markerBrackets: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["［", "］"],
  ["【", "】"],
]);

/** Maximum number of characters between the brackets of a marker. */
export const mostMarker = 100;

/** Each also matches without its last letter. */
const labelWords =
  "passages sources documents docs citations references refs cites quellen passagen dokumente".split(
    " ",
  );

/** What may come before the first number of a marker. */
export const markerLabel: string = String.raw`(?:[\^#]|(?:${labelWords.map((word) => `${word}?`).join("|")})[\s.:#]*)`;

const digits = String.raw`[\d０-９]+`;
const dash = String.raw`(?:\s*[-\u2010-\u2015~～]\s*|\s+to\s+)`;
/** In `【4:1†guide.md】`, the first number is that of a search, the second that of its result. */
const search = String.raw`(?:\d+:(?=\d+†))?`;
const part = `(${markerLabel}?)${search}(${digits})(?:${dash}(${markerLabel}?${digits}))?(†[^,;，；、]*)?`;
const joint = String.raw`(?:\s*[,;，；、]\s*(?:(?:and|und|et|&)\s+)?|\s+(?:and|und|et|&)\s+)`;
const eachPart = new RegExp(part, "giu");
const whole = new RegExp(String.raw`^\s*${part}(?:${joint}${part})*\s*$`, "iu");

/** Parses the text between brackets as a marker; `undefined` if it is something else. */
export function readMarker(body: string): Marker | undefined {
  if (body.length > mostMarker || !whole.test(body)) return undefined;
  const found = [...body.matchAll(eachPart)];
  const [first, ...others] = found.map(([text, , from = "", to]) => toPart(text, from, to ?? from));
  if (!first || [first, ...others].some((each) => each.first > each.last)) return undefined;
  const isExplicit = found.some(([, label, , , detail]) => label !== "" || detail !== undefined);
  return { parts: [first, ...others], isExplicit };
}

/** Whether the text after an opening bracket could become a marker if it continues. */
export function isMarkerBeginning(body: string): boolean {
  if (body.length > mostMarker) return false;
  const word = body.trim().toLowerCase();
  return labelWords.some((label) => label.startsWith(word)) || whole.test(`${body}1`);
}

/** Whether a text that begins like this after an opening bracket could be a marker. */
export function mayBecomeMarker(beginning: string): boolean {
  const [, word = "", next = ""] = /^\s*(\p{L}*)(.?)/su.exec(beginning.slice(0, mostMarker)) ?? [];
  if (word === "") return next === "" || /[\d０-９^#&]/.test(next);
  const label = word.toLowerCase();
  return labelWords.some((known) =>
    next === "" ? known.startsWith(label) : known === label || known.slice(0, -1) === label,
  );
}

function toPart(text: string, from: string, to: string): MarkerPart {
  return { text: text.trim(), first: numberOf(from), last: numberOf(to) };
}

/** Digits may be full-width, and the end of a range may have its own label. */
function numberOf(text: string): number {
  return Number(text.normalize("NFKC").replace(/^\D+/, ""));
}
