import { quoted } from "../chat-models/failure-text.ts";
import type { ChatReply } from "./ask-model.ts";
import { bestGrade } from "./chat-prompts.ts";

/** The grade from 0 to 10 in a complete reply, in its text or what LangChain read from it. */
export function gradeOf({ kind, text, parsed }: ChatReply): number | undefined {
  if (kind === "cut-off" || kind === "filtered" || kind === "refusal") return undefined;
  // LangChain completes JSON that was cut off, so that 10 may become 1: JSON in the text counts alone.
  return text.includes("{") ? readGrade(text) : (readGrade(text) ?? gradeIn(parsed));
}

/** Whether a model that was asked for structured output gave something else. */
export function hasOtherForm(reply: ChatReply): boolean {
  const isForm = reply.kind === "text" || reply.kind === "tool-call" || reply.kind === "empty";
  return isForm && gradeOf(reply) === undefined && fieldOf(reply.parsed) === undefined;
}

/** For an error: what structured output has instead of a grade; `undefined` if the reply itself says more. */
export function insteadOf({ kind, parsed }: ChatReply): string | undefined {
  if (parsed === undefined || (kind !== "tool-call" && kind !== "empty")) return undefined;
  const value = fieldOf(parsed);
  if (typeof value === "string") return `grade ${quoted(value, 80)}`;
  if (value !== undefined) return `grade ${value}`;
  return kind === "tool-call" ? "a tool call without a grade" : undefined;
}

/** The grade from 0 to 10 in a model's reply; `undefined` if there is none, or it is out of range. */
export function readGrade(reply: string): number | undefined {
  const found = forms.map((form) => [...reply.matchAll(form)].at(-1)?.[1]).find(Boolean);
  return found === undefined ? undefined : inRange(Number(found));
}

/** The grade in a value that was read from JSON, such as `{ grade: 7 }`. */
export function gradeIn(parsed: unknown): number | undefined {
  const grade = fieldOf(parsed);
  return typeof grade === "string" ? readGrade(grade) : inRange(grade);
}

/** The field that holds the grade, whatever its value. */
function fieldOf(parsed: unknown): number | string | undefined {
  const grade: unknown = typeof parsed === "number" ? parsed : Reflect.get(Object(parsed), "grade");
  return typeof grade === "number" || typeof grade === "string" ? grade : undefined;
}

const number = String.raw`(-?\d+(?:\.\d+)?)`;

/** The surest first; reasons before the grade may have numbers, so the last match of a form counts. */
const forms: readonly RegExp[] = [
  // JSON that was not cut off inside the number
  new RegExp(String.raw`"grade"\s*:\s*"?${number}"?\s*[,}]`, "gi"),
  // Grade: 7/10, **Score:** 7
  new RegExp(String.raw`\b(?:grade|score|rating)\b(?:\s+is)?[\s:=*_]+${number}(?![\d.]*%)`, "gi"),
  // The number alone
  new RegExp(
    String.raw`^[\s*_"'\`]*${number}(?:\s*(?:\/|out of)\s*${bestGrade})?[\s.*_"'\`]*$`,
    "gi",
  ),
];

function inRange(value: unknown): number | undefined {
  const isGrade = typeof value === "number" && value >= 0 && value <= bestGrade;
  return isGrade ? value : undefined;
}
