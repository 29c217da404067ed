import { cutEnd } from "../text/cut-text.ts";

/** Maximum length of a question that a model writes. */
const mostQuestion = 1000;

const adjectives =
  "stand-?\\s?alone|re-?written|re-?phrased|reformulated|revised|self-contained|complete|final|search|user|follow[-\\s]?up|eigenständige|umformulierte|vollständige";
const nouns =
  "question|query|frage|pregunta|pergunta|domanda|vraag|вопрос|(?:独立的?|完整的?)?问题|質問|질문";
/** The mark of a list item. */
export const listMark: RegExp = /^(?:[-*•]|\(?\d{1,3}[.):]|Q\d{0,3}[.):])\s+/i;
/** A label before a question. */
export const questionLabel: RegExp = new RegExp(
  String.raw`^["*_]{0,3}(?:(?:the|your|die)\s+)?(?:(?:${adjectives})\s+)*(?:${nouns})"?\s*\d*(?:\s(?:is|lautet))?[*_]{0,2}\s*[:：][*_]{0,2}\s*`,
  "iu",
);
/** Phrases with which models begin before the requested output. */
const preamble =
  /^(?:(?:sure|certainly|of course|absolutely|okay|ok|got it)(?: thing)?[!.,:]\s*|here(?:[’']s| is| you go)\b[^:?]{0,100}:\s*)/i;
/** Pairs of marks that may enclose a whole text. */
const pairs = ['""', "“”", "„“", "„”", "«»", "‹›", "‘’", "''", "「」", "『』", "``", "**", "__"];

/** Names that models give to the question in a JSON reply. */
const questionKeys = ["question", "standalone_question", "standaloneQuestion", "query"];
/** A line that ends in a question mark. */
const asking = /[?？؟]["'”’»」*_`)]*$/;

/**
 * Extracts the question, on one line, from a reply that should contain nothing else: without preamble, label,
 * quotes and explanation. Empty if the reply has no words.
 */
export function readQuestion(reply: string): string {
  const [, fenced = reply] = /```[a-z]*\n([^`]*)```/i.exec(reply) ?? [];
  const said = (questionInJson(fenced) ?? fenced).trim();
  const paragraphs = said
    .split(/\n[^\S\n]*(?=\n)/)
    .map((paragraph) => paragraph.trim().split("\n").map(quoted))
    .map((lines) => lines.slice(introductionsIn(lines)))
    .filter((lines) => lines.length > 0);
  const [first = said.split("\n").slice(-1)] = paragraphs;
  const paragraph = paragraphs.find((lines) => lines.some((line) => asking.test(line))) ?? first;
  const asks = paragraph.findIndex((line) => asking.test(line));
  const question = paragraph.slice(0, asks === -1 ? undefined : asks + 1).join(" ");
  const text = question.replaceAll(/\s+/g, " ").slice(0, 2 * mostQuestion);
  return /[\p{L}\p{N}]/u.test(text) ? cutEnd(bare(text), mostQuestion) : "";
}

function questionInJson(text: string): string | undefined {
  if (!/^\s*\{[^]*\}\s*$/.test(text)) return undefined;
  try {
    const fields = new Map(Object.entries(Object(JSON.parse(text))));
    return questionKeys.map((key) => fields.get(key)).find((value) => typeof value === "string");
  } catch {
    return undefined;
  }
}

/** A line without the marks of a quotation. */
function quoted(line: string): string {
  return line.trim().replace(/^(?:>\s?)+/, "");
}

function introductionsIn(lines: readonly string[]): number {
  const first = lines.findIndex((line) => !isIntroduction(line));
  return first === -1 ? lines.length : first;
}

function isIntroduction(line: string): boolean {
  return line === "" || /[:：]$|^#{1,6}\s/.test(line) || line.replace(preamble, "") === "";
}

/** Removes everything that encloses a question, at any nesting. */
function bare(question: string): string {
  let text = question.trim();
  for (;;) {
    const unmarked = text.replace(listMark, "").replace(/^#{1,6}\s+/, "");
    const rest = withoutPair(unmarked.replace(preamble, "").replace(questionLabel, "")).trim();
    if (rest === text || rest === "") return text;
    text = rest;
  }
}

function withoutPair(text: string): string {
  const whole = text.replace(/(?<=["”“»›’'」』`*_])\.$/, "");
  const pair = pairs.find(
    ([opening = "", closing = ""]) => whole.startsWith(opening) && whole.endsWith(closing),
  );
  const inner = whole.slice(1, -1);
  const [opening = "", closing = ""] = pair ?? [];
  const isAround = pair !== undefined && whole.length > 2 && !isBroken(inner, opening, closing);
  return isAround ? inner : text;
}

/**
 * Whether the marks at both ends belong to different pairs, as in `"a" or "b"`; emphasis may be doubled or
 * tripled.
 */
function isBroken(inner: string, opening: string, closing: string): boolean {
  const within = inner.replaceAll(/^[*_]{1,2}|[*_]{1,2}$/g, "");
  return within.includes(opening) || within.includes(closing);
}
