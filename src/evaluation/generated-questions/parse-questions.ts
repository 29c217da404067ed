import { listMark, questionLabel } from "../../chat-models/question-text.ts";
import { withoutThoughts } from "../../chat-models/thoughts.ts";

/** Names that chat models give to the field. */
const fields = ["question", "query", "text"] as const;

/**
 * Extracts the questions of a chat model's reply, in their order, from JSON lines, a JSON array, with or
 * without a code fence, a numbered or bulleted list, or lines that end in a question mark. Ignores other lines,
 * and thoughts before the answer.
 */
export function parseQuestions(answer: string): string[] {
  const spoken = withoutThoughts(answer).trim();
  const body = /```[a-z]*\n([\s\S]*?)```/i.exec(spoken)?.[1] ?? spoken;
  const whole = questionsIn(parsed(body));
  if (whole.length > 0) return whole;
  return body.split("\n").flatMap((line) => questionsOfLine(line.trim()));
}

function questionsOfLine(line: string): string[] {
  const bare = line.replace(/,$/, "");
  const value = parsed(bare.replace(listMark, ""));
  if (value !== undefined) return questionsIn(value);
  const text = bare.replace(listMark, "").replace(questionLabel, "");
  const words = text.replaceAll(/^[*_"“]+|(?<![*_"”])[*_"”]+$/g, "").trim();
  const isListed = listMark.test(line) || questionLabel.test(bare.replace(listMark, ""));
  const isBroken = /^[{[]/.test(words);
  return words !== "" && !isBroken && (isListed || /[?？؟]$/.test(words)) ? [words] : [];
}

/** The questions in a string, an object with a question, or an array of them. */
function questionsIn(value: unknown): string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [value.trim()];
  if (Array.isArray(value)) return value.flatMap((part) => questionsIn(part));
  if (typeof value !== "object" || value === null) return [];
  const held = new Map<string, unknown>(Object.entries(value));
  const list = held.get("questions");
  if (Array.isArray(list)) return questionsIn(list);
  const named = fields.map((field) => held.get(field)).find((text) => typeof text === "string");
  return named === undefined ? [] : questionsIn(named);
}

/** How JSON begins: failing to parse takes a hundred times as long as this check. */
const jsonStart = /^\s*(?:[[{"\d]|-\d|true|false|null)/;

/** The parsed JSON; `undefined` if the text is not JSON. */
function parsed(text: string): unknown {
  if (!jsonStart.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
