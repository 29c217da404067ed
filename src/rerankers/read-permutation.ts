/**
 * The order of `count` passages in a model's reply, as indices from 0, best first; `undefined` if the reply names
 * none. Passages are numbered from 1. Repeated and unknown numbers are ignored, and passages that the reply does not
 * name follow in their current order.
 *
 * @see Sun et al., Is ChatGPT Good at Search? (EMNLP 2023), https://doi.org/10.18653/v1/2023.emnlp-main.923
 */
export function readPermutation(reply: string, count: number): number[] | undefined {
  const numbers = numbersIn(reply);
  const isKnown = (value: number): boolean => value >= 1 && value <= count;
  for (const form of forms) {
    const lists = form(numbers).map((list) => {
      const values = list.map(({ value }) => value).filter(isKnown);
      return Array.from(new Set(values));
    });
    const most = lists.reduce((length, list) => Math.max(length, list.length), 1);
    const named = lists.findLast(({ length }) => length === most);
    if (named === undefined) continue;
    const indices = Array.from({ length: count }, (_, index) => index);
    return [...new Set([...named.map((value) => value - 1), ...indices])];
  }
  return undefined;
}

/** A number in a reply. */
interface FoundNumber {
  readonly value: number;
  /** What connects it with the number before: `>`, the sign of a list or nothing but space, or other text. */
  readonly link: "greater" | "list" | "text";
  /** The text before and after it, up to the next number. */
  readonly before: string;
  readonly after: string;
}

/** Between two numbers of a list there is no longer text. */
const farthest = 40;
const label = "(?:passages?|documents?|docs?|number|index|id)";
/** What may enclose a number. */
const enclosing = new RegExp(String.raw`["'()*#[\]\x60\s]|\b${label}\b`, "gi");
const bracketBefore = /\[["'*`\s]*$/;
const bracketAfter = /^["'*`\s,]*\]/;
const labelBefore = new RegExp(String.raw`\b${label}"?\s*[:=#]?\s*["'(*#[]*$`, "i");

/**
 * Forms of a list, the surest first: each returns the lists of its form. Reasons before the list may name passages,
 * too, so numbers with signs between them count before single ones.
 */
const forms: readonly ((numbers: readonly FoundNumber[]) => readonly (readonly FoundNumber[])[])[] =
  [
    // [3] > [1] > [2]
    (numbers) => runsOf(numbers, "greater"),
    // [3, 1, 2], also as strings
    (numbers) => runsOf(numbers, "list").filter(isInBrackets),
    // Passages in a list that has numbers of its own: "1. Passage 3", "1) [3]", {"id": 3}
    (numbers) => [numbers.filter((number) => isNamed(number))],
    // 3, 1, 2, also on lines of their own
    (numbers) => runsOf(numbers, "list"),
  ];

function numbersIn(reply: string): FoundNumber[] {
  const found = [...reply.matchAll(/\d+/g)];
  return found.map(({ 0: digits, index }, position) => {
    const previous = found[position - 1];
    const from = previous ? previous.index + previous[0].length : 0;
    const end = index + digits.length;
    const to = found[position + 1]?.index ?? reply.length;
    const isNear = previous !== undefined && index - from <= farthest;
    return {
      value: Number(digits),
      link: isNear ? linkOf(reply.slice(from, index)) : "text",
      before: reply.slice(Math.max(from, index - farthest), index),
      after: reply.slice(end, Math.min(to, end + farthest)),
    };
  });
}

function linkOf(between: string): FoundNumber["link"] {
  const sign = between.replaceAll(enclosing, "");
  if (sign === ">") return "greater";
  return ["", ",", ";", "→"].includes(sign) ? "list" : "text";
}

/** The runs of at least two numbers that are connected by `link`. */
function runsOf(numbers: readonly FoundNumber[], link: FoundNumber["link"]): FoundNumber[][] {
  const runs: FoundNumber[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number.link === link) run.push(number);
    else runs.push([number]);
  }
  return runs.filter(({ length }) => length > 1);
}

function isInBrackets(run: readonly FoundNumber[]): boolean {
  return bracketBefore.test(run[0]?.before ?? "") && bracketAfter.test(run.at(-1)?.after ?? "");
}

/** Whether it stands in brackets, or after a word for a passage. */
function isNamed({ before, after }: FoundNumber): boolean {
  return (bracketBefore.test(before) && bracketAfter.test(after)) || labelBefore.test(before);
}
