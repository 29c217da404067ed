import { describe, expect, test } from "vitest";
import { dividePrompt, monoT5Prompt } from "../../../src/model/tokens/pair-prompt.ts";

const place = { specialTokens: ["<|end|>", "<|start|>"], origin: "chat_template.jinja" };

describe("a prompt is divided before the document", () => {
  test.each([
    ["at a space between words", "\n<Document>: ", "\n<Document>:", " "],
    ["behind the last special token", "<|end|>\n<|start|>user\n", "<|end|>\n<|start|>", "user\n"],
    ["at its end if that is a special token", "<|end|>", "<|end|>", ""],
  ])("%s", (_where, between, rest, lead) => {
    const texts = { before: "Query: ", between, after: "<|end|>\n" };
    expect(dividePrompt("How?", texts, place)).toEqual({
      opening: `Query: How?${rest}`,
      lead,
      closing: "<|end|>\n",
    });
  });
});

test("a prompt whose tokenizer divides at spaces is also divided at one after the document", () => {
  const prompt = monoT5Prompt.texts(undefined);
  expect(dividePrompt("How?", prompt, { ...place, dividesAtSpaces: true })).toEqual({
    opening: "Query: How? Document:",
    lead: " ",
    closing: " Relevant:</s>",
  });
  expect(() => dividePrompt("How?", prompt, place)).toThrow("this template is not supported");
});

test.each([
  ["document:\n", "<|end|>"],
  ["document:  ", "<|end|>"],
  ["document", "<|end|>"],
  ["document: ", " is relevant<|end|>"],
])("a prompt with %j and %j around the document cannot be divided", (between, after) => {
  expect(() => dividePrompt("How?", { before: "", between, after }, place)).toThrow(
    expect.objectContaining({ code: "model-mismatch" }),
  );
});
