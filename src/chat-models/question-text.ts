import { cutEnd } from "../text/cut-text.ts";

/** The most characters of a question that a model writes. */
const mostQuestion = 1000;

const adjectives =
  "stand-?\\s?alone|re-?written|re-?phrased|reformulated|revised|self-contained|complete|final|search|user|follow-?up";
const nouns = "question|query|frage|pregunta|pergunta|domanda|vraag|вопрос|问题|質問|질문";
/** The mark of a list item. */
export const listMark: RegExp = /^(?:[-*•]|\(?\d{1,3}[.):]|Q\d{0,3}[.):])\s+/i;
/** What a line calls a question. */
export const questionLabel: RegExp = new RegExp(
  String.raw`^["*_]{0,3}(?:(?:the|your)\s+)?(?:(?:${adjectives})\s+)*(?:${nouns})"?\s*\d*[*_]{0,2}\s*[:：][*_]{0,2}\s*`,
  "iu",
);
/** What models say before they do what they were asked. */
const preamble =
  /^(?:(?:sure|certainly|of course|absolutely|okay|ok|got it)(?: thing)?[!.,:]\s*|here(?:[’']s| is| you go)\b[^:?]{0,100}:\s*)/i;
/** Marks that stand in pairs around a whole text. */
const pairs = ['""', "“”", "„“", "„”", "«»", "‹›", "‘’", "''", "「」", "『』", "``", "**", "__"];

/** The question in a reply that should be nothing but one, on one line: without preamble, label, quotes and explanation. */
export function readQuestion(reply: string): string {
  const [, fenced = reply] = /```[a-z]*\n([^`]*)```/i.exec(reply) ?? [];
  const lines = fenced
    .trim()
    .split("\n")
    .map((line) => line.trim());
  let start = 0;
  while (start < lines.length - 1 && isIntroduction(lines[start] ?? "")) start += 1;
  const length = lines.slice(start).findIndex((line) => line === "");
  const paragraph = lines.slice(start, length === -1 ? undefined : start + length);
  const asks = paragraph.findIndex((line) => /[?？؟]["'”’»」*_`)]*$/.test(line));
  const question = paragraph.slice(0, asks === -1 ? undefined : asks + 1).join(" ");
  const text = question.replaceAll(/\s+/g, " ").slice(0, 2 * mostQuestion);
  return cutEnd(bare(text), mostQuestion);
}

function isIntroduction(line: string): boolean {
  return line === "" || /[:：]$|^#{1,6}\s/.test(line) || line.replace(preamble, "") === "";
}

/** Takes away what stands around a question, whatever stands around what. */
function bare(question: string): string {
  let text = question.trim();
  for (;;) {
    const rest = withoutPair(text.replace(preamble, "").replace(questionLabel, "")).trim();
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

/** Whether the marks at both ends belong to different pairs, as in `"a" or "b"`; emphasis may be doubled. */
function isBroken(inner: string, opening: string, closing: string): boolean {
  const within = inner.replaceAll(/^[*_]|[*_]$/g, "");
  return within.includes(opening) || within.includes(closing);
}
