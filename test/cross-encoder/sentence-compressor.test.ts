import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  SentenceCompressor,
  type SentenceCompressorOptions,
} from "../../src/cross-encoder/sentence-compressor.ts";
import { provenanceOf, withProvenance } from "../../src/documents/provenance.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Scores a text by the first number in it; one without a number is never scored. */
const numberScorer: PairScorer = {
  name: "number",
  scale: "probability",
  score: async (_query, texts, { signal } = {}) => {
    signal?.throwIfAborted();
    return { scores: texts.map((text) => Number(/\d\.\d+/.exec(text)?.[0] ?? Number.NaN)) };
  },
};
const compress = (
  texts: readonly string[],
  options: Pick<SentenceCompressorOptions, "maxSentences" | "scoreThreshold"> = {},
): Promise<Document[]> =>
  new SentenceCompressor({ scorer: numberScorer, ...options }).compress(
    "any",
    deepFreeze(texts.map((pageContent, index) => new Document({ pageContent, id: `d${index}` }))),
  );
const textsOf = (documents: readonly Document[]) => documents.map((each) => each.pageContent);

describe("SentenceCompressor", () => {
  test("keeps the best sentences in their order, and marks what was left out between them", async () => {
    const text = "Worst 0.1. Good 0.7!\nBest 0.9. Bad 0.2. Fair 0.6.";
    expect(textsOf(await compress([text]))).toEqual(["Good 0.7!\nBest 0.9.\n…\nFair 0.6."]);
    expect(textsOf(await compress([text], { maxSentences: 1 }))).toEqual(["Best 0.9."]);
    expect(textsOf(await compress([text], { maxSentences: 9 }))).toEqual([text]);
  });

  test("takes the earlier one of sentences that score the same", async () => {
    const text = "First 0.5. Second 0.5. Third 0.5.";
    expect(textsOf(await compress([text], { maxSentences: 2 }))).toEqual([
      "First 0.5. Second 0.5.",
    ]);
  });

  test("keeps a heading with what is kept under it, and no other", async () => {
    const text = "# A\n\n## B\nIn B 0.8. More 0.1.\n\n# C\nIn C 0.2.\n\n# D\nIn D 0.7.\nAnd 0.6.";
    expect(textsOf(await compress([text]))).toEqual([
      "# A\n\n## B\nIn B 0.8.\n…\n# D\nIn D 0.7.\nAnd 0.6.",
    ]);
  });

  test("keeps what a document has for `keptSpans` itself under another name, and no earlier spans", async () => {
    const compressor = new SentenceCompressor({ scorer: numberScorer });
    const own = deepFreeze({ pageContent: "Best 0.9.", metadata: { keptSpans: "mine" } });
    const [first] = await compressor.compress("any", [own]);
    const spans = [{ start: 0, end: 9, relevanceScore: 0.9 }];
    expect(first?.metadata).toMatchObject({ keptSpans: spans, documentKeptSpans: "mine" });
    const [second] = await compressor.compress("any", first ? [first] : []);
    expect(second?.metadata).toMatchObject({ keptSpans: spans, documentKeptSpans: "mine" });
  });

  test("reports offsets and relevance of what it kept, and keeps ids and provenance", async () => {
    const pageContent = "Lost 0.1. Mid 0.8.\n\n# Heading\nKept 0.9.";
    const given = withProvenance(
      new Document({ pageContent, id: "p", metadata: { source: "a.md" } }),
      { rank: 2, rankShift: 3, dense: { rank: 5, score: 0.4 } },
    );
    const compressor = new SentenceCompressor({ scorer: numberScorer, maxSentences: 2 });
    const [first, second] = await compressor.compress("any", [
      new Document({ pageContent: "0.5" }),
      given,
    ]);
    const spans = [
      { start: 10, end: 18, relevanceScore: expect.closeTo(0.8, 6) },
      { start: 20, end: 29 },
      { start: 30, end: 39, relevanceScore: expect.closeTo(0.9, 6) },
    ];
    expect(first?.metadata["retrieval"]).toEqual({ rank: 1, rankShift: 0 });
    expect(second).toMatchObject({ id: "p", metadata: { source: "a.md" } });
    expect(second?.metadata["keptSpans"]).toEqual(spans);
    expect(second?.metadata["retrieval"]).toEqual({
      rank: 2,
      rankShift: 3,
      dense: { rank: 5, score: 0.4 },
    });
    expect(spans.map(({ start, end }) => pageContent.slice(start, end))).toEqual([
      "Mid 0.8.",
      "# Heading",
      "Kept 0.9.",
    ]);
  });

  test("drops what is below the threshold, and documents with nothing left", async () => {
    const texts = ["Low 0.2.", "High 0.8. Low 0.1.", "", "## Heading alone", "Edge 0.5."];
    const kept = await compress(texts, { scoreThreshold: 0.5 });
    expect(textsOf(kept)).toEqual(["High 0.8.", "Edge 0.5."]);
    expect(kept.map((each) => provenanceOf(each))).toEqual([
      { rank: 1, rankShift: 1 },
      { rank: 2, rankShift: 3 },
    ]);
    expect(textsOf(await compress(texts))).toEqual([texts[0], texts[1], texts[4]]);
  });

  test("puts unscored sentences last, but does not drop them at the threshold", async () => {
    const texts = ["Unknown. Low 0.1. High 0.9."];
    const [kept] = await compress(texts, { maxSentences: 2 });
    expect(kept?.pageContent).toBe("Low 0.1. High 0.9.");
    const [left] = await compress(texts, { scoreThreshold: 0.5 });
    expect(left?.pageContent).toBe("Unknown.\n…\nHigh 0.9.");
    expect(left?.metadata["keptSpans"]).toEqual([
      { start: 0, end: 8 },
      { start: 18, end: 27, relevanceScore: expect.closeTo(0.9, 6) },
    ]);
  });

  test("a repeated document is compressed twice", async () => {
    const document = new Document({ pageContent: "One 0.5. Two 0.6." });
    const compressor = new SentenceCompressor({ scorer: numberScorer, maxSentences: 1 });
    expect(textsOf(await compressor.compress("any", [document, document]))).toEqual([
      "Two 0.6.",
      "Two 0.6.",
    ]);
  });

  test("any document: the spans are the text that is left", async () => {
    const sentence = fc
      .tuple(
        fc.constantFrom("One", "# H\nTwo", "- Three", "```\nx\n```\nFour"),
        fc.integer({ min: 0, max: 9 }),
      )
      .map(([text, score]) => `${text} 0.${score}.`);
    const texts = fc.array(
      fc.array(sentence, { maxLength: 6 }).map((sentences) => sentences.join("\n")),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 4 }), async (given, maxSentences) => {
        for (const { id, pageContent, metadata } of await compress(given, { maxSentences })) {
          const text = given[Number(id?.slice(1))] ?? "";
          const spans: { start: number; end: number; relevanceScore?: number }[] =
            metadata["keptSpans"];
          const parts = spans.map(({ start, end }) => text.slice(start, end));
          const blanks = /\s+/g;
          expect(pageContent.replaceAll("…", "").replaceAll(blanks, "")).toBe(
            parts.join("").replaceAll(blanks, ""),
          );
          expect(parts.filter((part) => !part.startsWith("#")).length).toBeLessThanOrEqual(
            maxSentences,
          );
        }
      }),
    );
  });

  test("rejects with the reason of an abort, and refuses what it cannot use", async () => {
    const compressor = new SentenceCompressor({ scorer: numberScorer });
    const documents = [new Document({ pageContent: "One 0.5." })];
    const signal = AbortSignal.abort("enough");
    await expect(compressor.compress("any", documents, { signal })).rejects.toBe("enough");
    await expect(compressor.compress(" ", documents)).rejects.toMatchObject({
      code: "invalid-input",
    });
    expect(() => new SentenceCompressor({ maxSentences: 0 })).toThrow("`maxSentences`");
    expect(() => new SentenceCompressor({ scoreThreshold: 2 })).toThrow("from 0 to 1, got 2");
    const short = { ...numberScorer, score: async () => ({ scores: [] }) };
    await expect(
      new SentenceCompressor({ scorer: short }).compress("any", documents),
    ).rejects.toMatchObject({ code: "model-mismatch" });
  });
});
