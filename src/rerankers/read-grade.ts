import { bestGrade } from "./chat-prompts.ts";

/** The grade from 0 to 10 in a model's reply; `undefined` if there is none, or it is out of range. */
export function readGrade(reply: string): number | undefined {
  const found = forms.map((form) => [...reply.matchAll(form)].at(-1)?.[1]).find(Boolean);
  return found === undefined ? undefined : gradeOf(Number(found));
}

/** The grade in a value that was read from JSON, such as `{ grade: 7 }`. */
export function gradeIn(parsed: unknown): number | undefined {
  const grade: unknown = typeof parsed === "number" ? parsed : Reflect.get(Object(parsed), "grade");
  return typeof grade === "string" ? readGrade(grade) : gradeOf(grade);
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

function gradeOf(value: unknown): number | undefined {
  const isGrade = typeof value === "number" && value >= 0 && value <= bestGrade;
  return isGrade ? value : undefined;
}
