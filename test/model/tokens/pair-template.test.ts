import { expect, test } from "vitest";
import { readTemplates } from "../../../src/model/tokens/pair-template.ts";

const cls = { token: 0, segment: 0 };
const special = { SpecialToken: { id: "X", type_id: 0 } };
const sep = (segment: number) => ({ token: 2, segment });

test("reads RobertaProcessing as two separators and one segment", () => {
  const post_processor = { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0] };
  expect(readTemplates({ post_processor }, "a file").pair).toEqual([
    cls,
    { sequence: "first", segment: 0 },
    sep(0),
    sep(0),
    { sequence: "second", segment: 0 },
    sep(0),
  ]);
});

test("reads BertProcessing, also inside a sequence, as one separator and two segments", () => {
  const bert = { type: "BertProcessing", sep: ["[SEP]", 2], cls: ["[CLS]", 0] };
  const post_processor = { type: "Sequence", processors: [{ type: "ByteLevel" }, bert] };
  expect(readTemplates({ post_processor }, "a file")).toEqual({
    single: [cls, { sequence: "first", segment: 0 }, sep(0)],
    pair: [
      cls,
      { sequence: "first", segment: 0 },
      sep(0),
      { sequence: "second", segment: 1 },
      sep(1),
    ],
  });
});

test("reads TemplateProcessing with special tokens of several ids", () => {
  const post_processor = {
    type: "TemplateProcessing",
    single: [special, { Sequence: { id: "A", type_id: 0 } }],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, special, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { X: { id: "X", ids: [7, 8], tokens: ["X", "Y"] } },
  };
  expect(readTemplates({ post_processor }, "a file").pair).toEqual([
    { sequence: "first", segment: 0 },
    { token: 7, segment: 0 },
    { token: 8, segment: 0 },
    { sequence: "second", segment: 1 },
  ]);
});

test.each([{}, { post_processor: null }, { post_processor: { type: "ByteLevel" } }])(
  "refuses a tokenizer without a template for pairs: %j",
  (json) => {
    expect(() => readTemplates(json, "tokenizer.json")).toThrow(
      "Expected a post_processor with a pair template in tokenizer.json",
    );
  },
);
