import { numberedListIn, passageLabel, type NumberedList } from "./numbered-list.ts";

/**
 * The order of `count` passages in a model's reply, as indices from 0, best first; `undefined` if the reply is not a
 * list of them. Passages are numbered from 1. Repeated and unknown numbers are ignored, and passages that the list does
 * not name follow in their current order. Prose that names passages is not a list. If the reply was cut off inside a
 * number, that number does not count.
 *
 * @see Sun et al., Is ChatGPT Good at Search? (EMNLP 2023), https://doi.org/10.18653/v1/2023.emnlp-main.923
 */
export function readPermutation(
  reply: string,
  count: number,
  { isCutOff = false }: { readonly isCutOff?: boolean } = {},
): number[] | undefined {
  const isOpen = isCutOff || reply.lastIndexOf("[") > reply.lastIndexOf("]");
  const list = listIn(isOpen ? reply.replace(/(?<!\d)\d+$/, "") : reply, count);
  if (list === undefined || list.length === 0) return undefined;
  const indices = Array.from({ length: count }, (_, index) => index);
  return [...new Set([...list.map((value) => value - 1), ...indices])];
}

/** The known numbers of the list, each once. The surest form counts: reasons before the list may name passages, too. */
function listIn(reply: string, count: number): readonly number[] | undefined {
  const known = (values: readonly number[]): number[] => [
    ...new Set(values.filter((value) => value >= 1 && value <= count)),
  ];
  const numbered = numberedListIn(reply);
  const items = numbered && orderOf(numbered, known);
  // [3] > [1] > [2], also [3] >= [1] = [2]; not in the reasons of an item
  const comparisons = comparisonsOf(numbersIn(numbered?.withoutMarkers ?? reply)).filter(
    (run) => items === undefined || !isInLine(run, numbered?.lines ?? []),
  );
  const compared = longest(comparisons, known);
  if (compared !== undefined) {
    return isOrder(compared, comparisons, known) ? known(valuesOf(compared)) : undefined;
  }
  const numbers = numbersIn(reply);
  const runs = runsOf(numbers, ["list"]);
  const isList = (run: Run): boolean =>
    known(valuesOf(run)).length === count || isAlone(reply, run);
  // [3, 1, 2], also as strings
  const array = longest(
    runs.filter((run) => run.length > 1 && isInBrackets(run) && isList(run)),
    known,
  );
  if (array !== undefined) return known(valuesOf(array));
  // 1. Passage 3, 1) [3], 1: 3, {"1": 3}
  if (numbered !== undefined) return items;
  // [{"id": 3}, {"id": 1}]
  const keyed = numbers.filter(({ before }) => keyBefore.test(before));
  if (keyed.length > 0) return isSorted(reply) ? known(valuesOf(keyed)) : undefined;
  // 3, 1, 2, also on lines of their own
  const lines = longest(
    runs.filter((run) => isWhole(run) && isList(run) && hasOwnLines(reply, run)),
    known,
  );
  return lines === undefined ? explainedLines(reply, known) : known(valuesOf(lines));
}

/** A number in a reply. */
interface FoundNumber {
  readonly value: number;
  readonly start: number;
  readonly end: number;
  /** What connects it with the number before: a comparison, the sign of a list or nothing but space, or other text. */
  readonly link: Link;
  /** The text before and after it, up to the next number. */
  readonly before: string;
  readonly after: string;
}

type Link = "greater" | "equal" | "less" | "list" | "text";
type Run = readonly FoundNumber[];
type Known = (values: readonly number[]) => number[];

/** Maximum length of the text between two numbers of a list. */
const farthest = 40;
/** What may enclose a number. */
const enclosing = new RegExp(String.raw`["'()*#[\]\x60\s\\]|\b${passageLabel}\b`, "gi");
const bracketBefore = /\[["'*`\s]*$/;
const bracketAfter = /^["'*`\s,]*\]/;
const labelBefore = new RegExp(String.raw`\b${passageLabel}"?\s*[:=#]?\s*["'(*#[]*$`, "i");
const keyBefore = new RegExp(
  String.raw`["']${passageLabel}(?:_?(?:id|number|index))?["']\s*:\s*["'[]*$`,
  "i",
);

function numbersIn(reply: string): FoundNumber[] {
  const found = [...reply.matchAll(/\d+/g)];
  return found.map(({ 0: digits, index: start }, position) => {
    const previous = found[position - 1];
    const from = previous ? previous.index + previous[0].length : 0;
    const end = start + digits.length;
    const to = found[position + 1]?.index ?? reply.length;
    const isNear = previous !== undefined && start - from <= farthest;
    return {
      value: Number(digits),
      start,
      end,
      link: isNear ? linkOf(reply.slice(from, start)) : "text",
      before: reply.slice(Math.max(from, start - farthest), start),
      after: reply.slice(end, Math.min(to, end + farthest)),
    };
  });
}

function linkOf(between: string): Link {
  const sign = between.replaceAll(enclosing, "");
  if (/^(?:>{1,3}=?|&gt;|[≥≻⩾≽])$/.test(sign)) return "greater";
  if (/^(?:={1,3}|[≈~≡])$/.test(sign)) return "equal";
  if (/^(?:<{1,3}=?|&lt;|[≤≺⩽≼])$/.test(sign)) return "less";
  return /^(?:[,;]?(?:and|then)?|→)$/i.test(sign) ? "list" : "text";
}

function valuesOf(run: Run): number[] {
  return run.map(({ value }) => value);
}

/** The runs of numbers that are connected by one of the links. */
function runsOf(numbers: Run, links: readonly Link[]): FoundNumber[][] {
  const runs: FoundNumber[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && links.includes(number.link)) run.push(number);
    else runs.push([number]);
  }
  return runs;
}

/** The runs of numbers with a comparison between any two, not of equal signs alone. */
function comparisonsOf(numbers: Run): Run[] {
  return runsOf(numbers, ["greater", "equal", "less"]).filter((run) =>
    run.some(({ link }) => link === "greater" || link === "less"),
  );
}

function isInLine(run: Run, lines: NumberedList["lines"]): boolean {
  const { start: first = 0 } = run[0] ?? {};
  const { end: last = 0 } = run.at(-1) ?? {};
  return lines.some(({ start, end }) => first >= start && last <= end);
}

/** Whether it has the best first, and is not one of several comparisons of different passages. */
function isOrder(run: Run, comparisons: readonly Run[], known: Known): boolean {
  if (run.some(({ link }) => link === "less")) return false;
  const values = known(valuesOf(run));
  const expected = new Set(values);
  return comparisons
    .map((each) => known(valuesOf(each)))
    .filter(({ length }) => length === values.length)
    .every((each) => each.every((value) => expected.has(value)));
}

/** The last one of the runs with the most known numbers. */
function longest(runs: readonly Run[], known: Known): Run | undefined {
  const lengths = runs.map((run) => known(valuesOf(run)).length);
  const most = lengths.reduce((length, each) => Math.max(length, each), 1);
  return runs[lengths.lastIndexOf(most)];
}

function isInBrackets(run: Run): boolean {
  return bracketBefore.test(run[0]?.before ?? "") && bracketAfter.test(run.at(-1)?.after ?? "");
}

/** Whether it stands in brackets, or after a word for a passage. */
function isNamed({ before, after }: FoundNumber): boolean {
  return (bracketBefore.test(before) && bracketAfter.test(after)) || labelBefore.test(before);
}

/** Lines of pairs without a sign repeat numbers, so plain numbers that repeat are not a list; nor is a single one. */
function isWhole(run: Run): boolean {
  if (run.every((number) => isNamed(number))) return true;
  return run.length > 1 && new Set(valuesOf(run)).size === run.length;
}

/** Whether the reply has nothing else but labels, keys and an introduction such as "The ranking:". */
function isAlone(reply: string, run: Run): boolean {
  const before = reply.slice(0, run[0]?.start);
  const after = reply.slice(run.at(-1)?.end);
  if (before.length + after.length > 400) return false;
  const lead = before.replace(/^[^:\d]*\b(?:rank|order)[^:\d]*:/i, "");
  const other = `${lead} ${after}`
    .replaceAll(/["']\w{1,40}["']\s{0,9}:/g, "")
    .replaceAll(/```\w*/g, "")
    .replaceAll(enclosing, "");
  return !/[\p{L}\d]/u.test(other);
}

/** Whether no words stand on the run's lines but an introduction that ends in a colon. */
function hasOwnLines(reply: string, run: Run): boolean {
  const { start = 0 } = run[0] ?? {};
  const { end = 0 } = run.at(-1) ?? {};
  const before = reply.slice(reply.lastIndexOf("\n", start - 1) + 1, start);
  const [after = ""] = reply.slice(end).split("\n", 1);
  const lead = before.replaceAll(enclosing, "").replaceAll(/[-_{]/g, "");
  return (lead === "" || lead.endsWith(":")) && !/[\p{L}\d]/u.test(after);
}

/** Plain numbers may be grades instead of passages; those of passages are known ones, each once. */
function orderOf(
  { passages, isNamed: areNamed }: NumberedList,
  known: Known,
): readonly number[] | undefined {
  const values = passages.filter((passage) => passage !== undefined);
  if (values.length < passages.length) return undefined;
  const found = known(values);
  return areNamed || found.length === values.length ? found : undefined;
}

/** Whether the ranks or scores beside the passages agree with their order. */
function isSorted(reply: string): boolean {
  const fieldsOf = (pattern: RegExp): number[] =>
    Array.from(reply.matchAll(pattern), ([, digits]) => Number(digits));
  const ranks = fieldsOf(/["'](?:rank|position|place)["']\s*:\s*["']?(\d+)/gi);
  const scores = fieldsOf(
    /["'](?:score|grade|rating|relevance)["']\s*:\s*["']?(-?\d+(?:\.\d+)?)/gi,
  );
  return (
    ranks.every((rank, index) => index === 0 || rank > (ranks[index - 1] ?? rank)) &&
    scores.every((score, index) => index === 0 || score <= (scores[index - 1] ?? score))
  );
}

const explained = new RegExp(
  String.raw`^[\s*_#>-]*(?:\[(\d+)\]|${passageLabel} ?#?\[?(\d+)\]?)["'*_\x60]*\s*(?:$|[:(–—-]["'*_\x60]*(?!\s*\d))`,
  "i",
);

/**
 * Lines that each name a passage and then say why. If they follow the order of the passages, they may be remarks on
 * each, so they count only in another order.
 */
function explainedLines(reply: string, known: Known): readonly number[] | undefined {
  const values: number[] = [];
  for (const line of reply.split("\n")) {
    const found = explained.exec(line);
    if (found) values.push(Number(found[1] ?? found[2]));
    else if (/\d/.test(line)) return undefined;
  }
  const isAscending = values.every((value, index) => value > (values[index - 1] ?? 0));
  return isAscending ? undefined : known(values);
}
