import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { toDocument, toRecord } from "../../src/vector-store/chroma-record.ts";

const idOf = (pageContent: string, metadata: Record<string, unknown>) =>
  toRecord(new Document({ pageContent, metadata }), undefined).id;

const recordOf = (metadata: Record<string, unknown>) =>
  toRecord(new Document({ pageContent: "text", metadata, id: "a" }), undefined);

describe("toRecord", () => {
  test("takes the id it is given, else the document's", () => {
    const document = new Document({ pageContent: "text", id: "own" });
    expect(toRecord(document, "given").id).toBe("given");
    expect(toRecord(document, undefined).id).toBe("own");
  });

  test("derives an id of 32 hexadecimal digits from text and source alone", () => {
    const id = idOf("text", { source: "a.md" });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(idOf("text", { source: "a.md", page: 2 })).toBe(id);
    expect(idOf("text", { source: "b.md" })).not.toBe(id);
    expect(idOf("text", {})).not.toBe(id);
    expect(idOf("a.mdtext", {})).not.toBe(id);
  });

  test("refuses an id that is empty or not well-formed", () => {
    const document = new Document({ pageContent: "text" });
    expect(() => toRecord(document, "")).toThrow(
      "Expected a document's id to be a non-empty string",
    );
    expect(() => toRecord(document, "\uD800")).toThrow("Expected a document's id");
  });

  test("replaces lone surrogates in texts and metadata and keeps every other character", () => {
    const record = toRecord(
      new Document({ pageContent: "a\uD800b😀\0", metadata: { "k\uDC00": "v\uDBFF" } }),
      "a",
    );
    expect(record.text).toBe("a\uFFFDb😀\0");
    expect(record.metadata).toEqual({ "k\uFFFD": "v\uFFFD" });
  });

  test("leaves out metadata that is null or undefined", () => {
    expect(recordOf({ a: null, b: undefined, c: 0 }).metadata).toEqual({ c: 0 });
  });

  test.each([
    ["an object", { nested: true }],
    ["an array", ["a"]],
    ["a Date", new Date(0)],
    ["NaN", NaN],
    ["Infinity", Infinity],
    ["a bigint", 1n],
    ["a function", () => 1],
  ])("refuses metadata that is %s, and names document and key", (kind, value) => {
    expect(() => recordOf({ good: 1, bad: value })).toThrow(
      `"bad" of document a ("text") is ${kind}`,
    );
    expect(() => recordOf({ bad: value })).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
  });

  test("keeps whole numbers, and of fractions 15 significant digits", () => {
    const { metadata } = recordOf({ sum: 0.1 + 0.2, whole: Number.MAX_SAFE_INTEGER, tenth: 0.1 });
    expect(metadata).toEqual({ sum: 0.3, whole: Number.MAX_SAFE_INTEGER, tenth: 0.1 });
  });

  test("refuses names that Chroma would drop without a word", () => {
    expect(() => recordOf({ "chroma:document": "x" })).toThrow("rename the field");
    expect(() => recordOf(JSON.parse('{ "__proto__": "x" }'))).toThrow('"__proto__" of document a');
  });

  test("flattens what LangChain's splitters and its PDF loader write, as LangChain's Chroma does", () => {
    const loc = { pageNumber: 3, lines: { from: 0, to: 9 } };
    const { metadata } = recordOf({ loc, source: "a.md" });
    expect(metadata).toEqual({ source: "a.md", locFrom: 0, locTo: 9, locPageNumber: 3 });
    expect(toDocument("a", "text", metadata).metadata).toEqual({ loc, source: "a.md" });
  });

  test("refuses a `loc` that holds more, and keeps one that is a plain value", () => {
    expect(() => recordOf({ loc: { lines: { from: 1 }, deep: 1 } })).toThrow('"loc" of document a');
    expect(() => recordOf({ loc: { lines: { middle: 1 } } })).toThrow('"loc" of document a');
    expect(recordOf({ loc: "shelf 3" }).metadata).toEqual({ loc: "shelf 3" });
  });

  test("changes nothing of the document it was given", () => {
    const document = Object.freeze(
      new Document({
        pageContent: "text\uD800",
        metadata: Object.freeze({ loc: Object.freeze({ lines: Object.freeze({ from: 1 }) }) }),
      }),
    );
    expect(toRecord(document, undefined).metadata).toEqual({ locFrom: 1 });
    expect(document.metadata).toEqual({ loc: { lines: { from: 1 } } });
  });
});
