import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuestions } from "../../../src/evaluation/generated-questions/parse-questions.ts";

const both = ["What is A?", "How does B work?"];

describe("parseQuestions", () => {
  test.each([
    ["JSON lines", '{"question": "What is A?"}\n{"question": "How does B work?"}'],
    ["JSON lines with commas", '{"query": "What is A?"},\n{"query": "How does B work?"}'],
    ["a JSON array of texts", '["What is A?", "How does B work?"]'],
    [
      "a JSON array over several lines",
      '[\n  {"question": "What is A?"},\n  {"question": "How does B work?"}\n]',
    ],
    ["an object that holds a list", '{"questions": ["What is A?", "How does B work?"]}'],
    [
      "objects over several lines",
      '{\n  "question": "What is A?"\n}\n{\n  "question": "How does B work?"\n}',
    ],
    [
      "a code fence with talk around it",
      'Here you are:\n```json\n{"question": "What is A?"}\n{"question": "How does B work?"}\n```\nAnything else?',
    ],
    [
      "a numbered list with talk",
      "Here are two questions:\n\n1. What is A?\n2) How does B work?\n\nI hope this helps.",
    ],
    ["a dotted list in bold", "- **What is A?**\n* How does B work?"],
    ["lines with labels", "Question 1: What is A?\nQ2. How does B work?"],
    ["plain lines", "What is A?\nHow does B work?"],
    [
      "thoughts before the answer",
      "<think>Shall I ask: what is it?\nMaybe?</think>\n1. What is A?\n2. How does B work?",
    ],
  ])("reads %s", (_name, answer) => {
    expect(parseQuestions(answer)).toEqual(both);
  });

  test("takes listed lines that end in no question mark, and no others", () => {
    expect(parseQuestions("Sure.\n1. Explain A\nDone.")).toEqual(["Explain A"]);
  });

  test.each([
    "",
    "\n",
    "{}",
    "[]",
    "null",
    "42",
    '{"question": 7}',
    '{"question": "cut off',
    "I will not.",
  ])("finds nothing in %j", (answer) => {
    expect(parseQuestions(answer)).toEqual([]);
  });

  test("returns any question in JSON lines, and never throws", () => {
    const question = fc
      .string({ minLength: 1 })
      .filter((text) => text.trim() !== "" && !/<think>|```/i.test(text));
    fc.assert(
      fc.property(fc.array(question, { minLength: 1 }), (questions) => {
        const answer = questions.map((text) => JSON.stringify({ question: text })).join("\n");
        expect(parseQuestions(answer)).toEqual(questions.map((text) => text.trim()));
      }),
    );
    fc.assert(fc.property(fc.string(), (answer) => Array.isArray(parseQuestions(answer))));
  });
});
