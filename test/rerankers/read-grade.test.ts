import { expect, test } from "vitest";
import { gradeIn, readGrade } from "../../src/rerankers/read-grade.ts";

test.each([
  ['{"grade": 7}', 7],
  ['{"grade":"7"}', 7],
  ['```json\n{\n  "grade": 10\n}\n```', 10],
  ['Sure! {"grade": 7, "why": "It has 3 facts"} I hope this helps.', 7],
  ['The passage says {"grade": 10}, but it does not help: {"grade": 1}', 1],
  ["7", 7],
  [" 10.", 10],
  ["7/10", 7],
  ["7 out of 10", 7],
  ["**7**", 7],
  ["Grade: 7", 7],
  ["**Grade:** 7/10", 7],
  ["The score is 7, because it has 3 facts.", 7],
  ["3.5", 3.5],
])("reads %j", (reply, grade) => {
  expect(readGrade(reply)).toBe(grade);
});

test.each([
  "",
  "I cannot grade this.",
  '{"grade": 1',
  '{"grade": 11}',
  '{"grade": -1}',
  '{"grade": null}',
  "There are 3 facts.",
  "Score: 90%",
  "2024",
])("reads no grade in %j", (reply) => {
  expect(readGrade(reply)).toBeUndefined();
});

test.each([
  [{ grade: 7 }, 7],
  [{ grade: "7" }, 7],
  [7, 7],
  [{ grade: 11 }, undefined],
  [{ grade: Number.NaN }, undefined],
  [{}, undefined],
  [undefined, undefined],
])("takes from %j", (parsed, grade) => {
  expect(gradeIn(parsed)).toBe(grade);
});
