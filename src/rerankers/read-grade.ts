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

/**
 * The grade from 0 to 10 in a model's reply; `undefined` if there is none, it is out of range, or of another scale, such
 * as `3/5` or `0.7`.
 */
export function readGrade(reply: string): number | undefined {
  const graded = lastOf(reply, gradeField);
  if (graded !== undefined) {
    const isOther = [...reply.matchAll(scaleField)].some(([, best]) => Number(best) !== bestGrade);
    return isOther ? undefined : inRange(graded);
  }
  const object = [...reply.matchAll(/\{[^{}]*\}/g)].map(([found]) => found).findLast(hasScore);
  if (object !== undefined) {
    const values = Array.from(object.matchAll(numberField), ([, value]) => value);
    return values.length === 1 ? inRange(lastOf(object, scoreField)) : undefined;
  }
  return inRange(lastOf(reply, labelled) ?? lastOf(reply, alone));
}

/** The grade in a value that was read from JSON, such as `{ grade: 7 }`. */
export function gradeIn(parsed: unknown): number | undefined {
  const grade = fieldOf(parsed);
  return typeof grade === "string" ? readGrade(grade) : inRange(grade);
}

/** The field that holds the grade, whatever its value: `grade`, or the only number, if it is a score or a rating. */
function fieldOf(parsed: unknown): number | string | undefined {
  if (typeof parsed === "number") return parsed;
  const grade: unknown = Reflect.get(Object(parsed), "grade");
  if (isValue(grade)) return grade;
  const numbers = Object.entries(Object(parsed)).filter(
    ([, value]) => isValue(value) && /^\s*-?\d/.test(String(value)),
  );
  const [[name, value] = ["", undefined], ...others] = numbers;
  const isSole = others.length === 0 && /^(?:score|rating)$/i.test(name);
  return isSole && isValue(value) ? value : undefined;
}

function isValue(value: unknown): value is number | string {
  return typeof value === "number" || typeof value === "string";
}

const number = String.raw`(-?\d+(?:\.\d+)?)`;
/** After a grade: not the rest of a number, another scale, or a range. */
const end = String.raw`(?!\.?\d|\s*(?:%|percent\b|stars?\b|[-–—]\s*\d)|[\s*_"'\x60()]*(?:\/|\bout\s+of\b|\bof\b)(?!\s*(?:the\s+)?[*_]*${bestGrade}(?!\d)))`;

/** A field of JSON that was not cut off inside the number; some models quote as Python does, or not at all. */
function field(name: string): RegExp {
  const value = String.raw`["']?${number}(?:\s*\/\s*${bestGrade})?["']?\s*(?=[,}])`;
  return new RegExp(String.raw`(?:["']|[{,]\s*)${name}["']?\s*:\s*${value}`, "gi");
}

const gradeField = field("grade");
const scoreField = field("(?:score|rating)");
const numberField = field(String.raw`[\w-]+`);
/** The best grade that the reply itself names. */
const scaleField = field("(?:max|maximum|best|scale|out_?of)");
/** Grade: 7/10, **Score:** 7 */
const labelled = new RegExp(
  String.raw`\b(?:grade|score|rating)\b(?:\s+is)?[\s:=*_]+${number}${end}`,
  "gi",
);
/** The number alone */
const alone = new RegExp(
  String.raw`^[\s*_"'\x60]*${number}(?:\s*(?:\/|out of)\s*${bestGrade})?[\s.*_"'\x60]*$`,
  "gi",
);

/** Reasons before the grade may have numbers, so the last match counts. */
function lastOf(text: string, form: RegExp): number | undefined {
  const found = [...text.matchAll(form)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}

function hasScore(object: string): boolean {
  return lastOf(object, scoreField) !== undefined;
}

/** A number between 0 and 1 is more likely a probability than a grade: grades are whole numbers. */
function inRange(value: unknown): number | undefined {
  const isGrade = typeof value === "number" && (value === 0 || value >= 1) && value <= bestGrade;
  return isGrade ? value : undefined;
}
