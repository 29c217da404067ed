import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../src/lexical/analyzer.ts";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { textPieces } from "../../src/lexical/text-pieces.ts";

test("pieces add up to the text, and each but the last ends in a blank after its minimum length", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "中", " ", "\n", "\t", "😀"),
    maxLength: 80,
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, length) => {
      const pieces = [...textPieces(whole, length)];
      expect(pieces.join("")).toBe(whole);
      for (const piece of pieces.slice(0, -1)) {
        expect(piece.length).toBeGreaterThan(length);
        expect(piece.slice(length)).toMatch(/^[^ \t\r\n]*[ \t\r\n]$/);
      }
    }),
  );
});

test("a long text in pieces is found with the same score as in one", async () => {
  const analyzer = createAnalyzer();
  const text = Array.from({ length: 20_000 }, (_, index) => `word${index % 97} RFC-2119`).join(" ");
  const documents = [
    { id: "long", text },
    { id: "short", text: "word5 alone" },
  ];
  const hits = await Promise.all(
    [analyzer, { ...analyzer, cutsAtBlanks: false }].map(async (each) => {
      const index = new Bm25Index({ analyzer: each });
      await index.add(documents);
      return index.search("word5 rfc-2119", 2);
    }),
  );
  expect(hits[0]).toHaveLength(2);
  expect(hits[0]).toEqual(hits[1]);
});
