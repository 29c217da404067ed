import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { bestAtBothEnds } from "../../src/answering/answer-prompt.ts";
import { estimateTokens } from "../../src/text/estimate-tokens.ts";
import { fitPassages } from "../../src/answering/fit-passages.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Counts what stands between the marks of a passage: a token for each character. */
const countTokens = (text: string) => text.split("\n").slice(1, -1).join("\n").length;
const documentsOf = (...texts: readonly string[]) =>
  deepFreeze(texts.map((pageContent, index) => new Document({ id: `d${index}`, pageContent })));
const document = (id: string, metadata: Record<string, unknown>) =>
  new Document({ id, pageContent: id, metadata });
const textsOf = ({ passages }: Awaited<ReturnType<typeof fitPassages>>) =>
  passages.map((passage) => passage.document.pageContent);

describe("fitPassages", () => {
  test("takes whole passages, best first, and passes over one that does not fit", async () => {
    const documents = documentsOf("aaaa", "bbbbbbbb", "cc", "dddd");
    const fitted = await fitPassages(documents, { maxContextTokens: 8, countTokens });
    expect(textsOf(fitted)).toEqual(["aaaa", "cc"]);
    expect(fitted.tokens).toBe(6);
    expect(fitted.omitted).toEqual([
      { documentId: "d1", reason: "no-room" },
      { documentId: "d3", reason: "no-room" },
    ]);
  });

  test("counts text that neighbours share once, so that both have room", async () => {
    const text = "one two three four five";
    const part = (id: string, start: number, end: number) =>
      new Document({
        id,
        pageContent: text.slice(start, end),
        metadata: { source: "a.md", start, end },
      });
    const documents = deepFreeze([part("x", 0, 18), part("y", 8, 23)]);
    const fitted = await fitPassages(documents, { maxContextTokens: 23, countTokens });
    expect(textsOf(fitted)).toEqual([text]);
    expect(fitted.passages[0]?.documentIds).toEqual(["x", "y"]);
  });

  test("accepts an asynchronous counter, and asks it about each text once", async () => {
    const seen: string[] = [];
    const count = async (text: string) => {
      seen.push(text);
      return countTokens(text);
    };
    const documents = documentsOf("aaaa", "bbbb", "cccc");
    await fitPassages(documents, { maxContextTokens: 100, countTokens: count });
    expect(seen).toHaveLength(3);
  });

  test("leaves out what is below the threshold; what has no score stays", async () => {
    const documents = [
      document("high", { relevanceScore: 0.5 }),
      document("low", { relevanceScore: 0.49 }),
      document("none", {}),
      document("late", {
        relevanceScore: 0,
        retrieval: { rerank: { scored: false, reason: "deadline" } },
      }),
    ];
    const options = { maxContextTokens: 100, countTokens, scoreThreshold: 0.5 };
    const fitted = await fitPassages(documents, options);
    expect(textsOf(fitted)).toEqual(["high", "none", "late"]);
    expect(fitted.omitted).toEqual([{ documentId: "low", reason: "irrelevant" }]);
  });

  test("returns a repeated document once", async () => {
    const documents = [document("aaaa", {}), document("aaaa", {})];
    const fitted = await fitPassages(documents, { maxContextTokens: 100, countTokens });
    expect(textsOf(fitted)).toEqual(["aaaa"]);
  });

  test("refuses to cut a passage if none fits, and says how much room the shortest needs", async () => {
    const fitting = fitPassages(documentsOf("aaaaaaaa", "bbbb"), {
      maxContextTokens: 3,
      countTokens,
    });
    await expect(fitting).rejects.toMatchObject({ code: "invalid-option" });
    await expect(fitting).rejects.toThrow(
      "to be at least 4, the size of the shortest passage found, got 3",
    );
  });

  test("returns nothing if nothing was found", async () => {
    const fitted = await fitPassages([], { maxContextTokens: 1, countTokens });
    expect(fitted).toEqual({ passages: [], tokens: 0, omitted: [] });
  });
});

test("bestAtBothEnds puts the last of the list into the middle", () => {
  expect(bestAtBothEnds([1, 2, 3, 4, 5])).toEqual([1, 3, 5, 4, 2]);
  expect(bestAtBothEnds([1, 2])).toEqual([1, 2]);
  expect(bestAtBothEnds([])).toEqual([]);
});

test.each([
  // js-tiktoken 1.0.21, o200k_base
  ["Quantization reduces the memory that weights need.", 9, 11],
  ["Set `lora_alpha=32`, then r=16.", 13, 16],
  ["量化减少内存需求。", 7, 14],
  ["", 0, 0],
])("estimates the tokens of %j on the high side", (text, counted, estimated) => {
  expect(estimateTokens(text)).toBeGreaterThanOrEqual(counted);
  expect(estimateTokens(text)).toBe(estimated);
});
