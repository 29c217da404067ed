import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Scores a text by its length: enough to see order, ties and cut-offs. */
const lengthScorer: PairScorer = {
  name: "length",
  scale: "unbounded",
  score: async (_query, texts) => ({
    scores: texts.map((text) => text.length),
    truncatedTokens: [...texts.keys()],
  }),
};
const documents: Document[] = ["bb", "a", "cc", "dddd"].map(
  (pageContent) => new Document({ pageContent, id: pageContent, metadata: { from: "test" } }),
);

/** A scorer that gives these numbers; the deadline passed before the text of an `undefined`. */
function fixedScorer(
  scores: readonly (number | undefined)[],
  scale: PairScorer["scale"] = "logit",
): PairScorer {
  return {
    name: "fixed",
    scale,
    score: async () => ({
      scores: scores.map((score) => score ?? Number.NaN),
      unscored: new Map(
        scores.flatMap((score, index) => (score === undefined ? [[index, "deadline"]] : [])),
      ),
    }),
  };
}

const beyond = new Map([[1, { start: 0, end: 99, windows: 2 }]]);

async function relevance(scale: PairScorer["scale"]): Promise<unknown[]> {
  const reranker = new CrossEncoderReranker({ scorer: fixedScorer([0.25, 0.5, 0.75, 1], scale) });
  const ranked = await reranker.rerank("any", documents);
  return ranked.map(({ metadata }) => metadata["relevanceScore"]);
}

const idsOf = (ranked: readonly Document[]) => ranked.map(({ id }) => id);

describe("CrossEncoderReranker", () => {
  test.each(["prob", "", undefined, 5])("refuses a scorer of the scale %o", (scale) => {
    const scorer = { ...lengthScorer, scale };
    expect(() => Reflect.construct(CrossEncoderReranker, [{ scorer }])).toThrow(
      /^Expected `scorer.scale` to be one of "logit", "probability", "unbounded", got /,
    );
  });

  test("reads the given metadata fields before each text, and returns documents as they were", async () => {
    const read: string[] = [];
    const scorer: PairScorer = {
      ...lengthScorer,
      score: async (_query, texts) => {
        read.push(...texts);
        return { scores: texts.map((text) => text.length) };
      },
    };
    const passageFields = ["from"];
    const reranker = new CrossEncoderReranker({ scorer, passageFields, topN: 4 });
    passageFields.pop();
    const ranked = await reranker.rerank("any", documents);
    expect(read).toEqual(documents.map(({ pageContent }) => `test\n\n${pageContent}`));
    expect(ranked.map(({ pageContent }) => pageContent)).toEqual(["dddd", "bb", "cc", "a"]);
  });

  test("refuses windows of passages with fields, since only the first would hold them", async () => {
    const refused = expect.objectContaining({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected `window` or `passageFields`, got both/),
    });
    const passageFields = ["from"];
    expect(() => new CrossEncoderReranker({ window: {}, passageFields })).toThrow(refused);
    const scorer = new OnnxCrossEncoder({ window: {} });
    expect(() => new CrossEncoderReranker({ scorer, passageFields })).toThrow(refused);
    const windows = new Map([[0, { start: 0, end: 4, windows: 2 }]]);
    const own: PairScorer = {
      ...lengthScorer,
      score: async (_query, texts) => ({ scores: texts.map((text) => text.length), windows }),
    };
    const reranker = new CrossEncoderReranker({ scorer: own, passageFields });
    await expect(reranker.rerank("any", documents)).rejects.toEqual(refused);
  });

  test.each([undefined, null, 5, [1, 2]])("refuses a scorer that resolves to %o", async (given) => {
    const scorer = { ...lengthScorer, score: async () => given };
    const reranker = Reflect.construct(CrossEncoderReranker, [{ scorer }]);
    await expect(reranker.rerank("any", documents)).rejects.toMatchObject({
      code: "model-mismatch",
    });
  });

  test.each(["", " ", 7, undefined])("refuses a scorer with the name %o", (name) => {
    const scorer = { ...lengthScorer, name };
    expect(() => Reflect.construct(CrossEncoderReranker, [{ scorer }])).toThrow(
      "Expected `scorer.name` to be a non-empty string, got ",
    );
  });

  test.each([
    ["null, which JSON makes of NaN", { scores: [null, 1, 2, 3] }, "`scores[0]`"],
    ["a string", { scores: [1, "2", 3, 4] }, "`scores[1]`"],
    ["a boolean", { scores: [1, 2, true, 4] }, "`scores[2]`"],
    ["reasons in an object", { scores: [1, NaN, 3, 4], unscored: { 1: "error" } }, "a Map"],
    ["windows in a list", { scores: [1, 2, 3, 4], windows: [1] }, "`windows`"],
    ["a window beyond the text", { scores: [1, 2, 3, 4], windows: beyond }, "`windows`"],
    ["an unknown reason", { scores: [1, NaN, 3, 4], unscored: new Map([[1, "bad"]]) }, "a Map"],
  ])("refuses a scorer that gives %s", async (_what, given, message) => {
    const scorer = { ...lengthScorer, scale: "logit", score: async () => given };
    const reranker = Reflect.construct(CrossEncoderReranker, [{ scorer }]);
    await expect(reranker.rerank("any", documents)).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining(message),
    });
  });

  test.each([5, -1, Infinity])("refuses %d as a probability", async (score) => {
    const scorer = fixedScorer([0.5, score, 0.5, 0.5]);
    const reranker = new CrossEncoderReranker({ scorer: { ...scorer, scale: "probability" } });
    await expect(reranker.rerank("any", documents)).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("a number from 0 to 1"),
    });
  });

  test("keeps the best documents, ties in the caller's order", async () => {
    const reranker = new CrossEncoderReranker({ scorer: lengthScorer, topN: 3 });
    expect(idsOf(await reranker.rerank("any", documents))).toEqual(["dddd", "bb", "cc"]);
  });

  test("writes the earlier rank of each document, and how it moved", async () => {
    const reranker = new CrossEncoderReranker({ scorer: lengthScorer });
    const [first, second] = await reranker.rerank("any", documents);
    expect(first?.metadata).toEqual({
      from: "test",
      relevanceScore: 1,
      retrieval: {
        rank: 1,
        rankShift: 3,
        rerank: { scored: true, rank: 1, score: 1, raw: 4, model: "length", truncatedTokens: 3 },
      },
    });
    expect(provenanceOf(second ?? new Document({ pageContent: "" }))).toMatchObject({
      rank: 2,
      rankShift: -1,
    });
  });

  test("keeps what earlier stages wrote, and counts the shift from their rank", async () => {
    const retrieval = { rank: 7, dense: { rank: 7, score: 0.5 } };
    const found = new Document({ pageContent: "a", metadata: { retrieval } });
    const [ranked] = await new CrossEncoderReranker({ scorer: lengthScorer }).rerank("any", [
      found,
    ]);
    expect(ranked?.metadata["retrieval"]).toMatchObject({
      rank: 1,
      rankShift: 6,
      dense: { rank: 7, score: 0.5 },
    });
  });

  test("leaves frozen documents untouched and keeps ids, also an absent one", async () => {
    const frozen: Document[] = [
      new Document({ pageContent: "x", metadata: { nested: { a: 1 } } }),
      ...documents,
    ];
    for (const document of frozen) Object.freeze(Object.freeze(document).metadata);
    const before = structuredClone(frozen.map(({ metadata }) => metadata));
    const ranked = await new CrossEncoderReranker({ scorer: lengthScorer, topN: 9 }).rerank(
      "any",
      frozen,
    );
    expect(frozen.map(({ metadata }) => metadata)).toEqual(before);
    expect(new Set(idsOf(ranked))).toEqual(new Set(idsOf(frozen)));
    expect(ranked.some((document) => frozen.includes(document))).toBe(false);
  });

  test("maps logits by the sigmoid, probabilities as they are, the unbounded by min-max", async () => {
    expect(await relevance("logit")).toEqual(
      [1, 0.75, 0.5, 0.25].map((x) => 1 / (1 + Math.exp(-x))),
    );
    expect(await relevance("probability")).toEqual([1, 0.75, 0.5, 0.25]);
    expect(await relevance("unbounded")).toEqual([1, 2 / 3, 1 / 3, 0]);
  });

  test("puts unscored documents last, in their order, and says why", async () => {
    const scorer = fixedScorer([undefined, -3, Number.NaN, 2]);
    const ranked = await new CrossEncoderReranker({ scorer }).rerank("any", documents);
    expect(idsOf(ranked)).toEqual(["dddd", "a", "bb", "cc"]);
    expect(ranked.slice(2).map((document) => provenanceOf(document).rerank)).toEqual([
      { scored: false, reason: "deadline" },
      { scored: false, reason: "error" },
    ]);
  });

  test("drops what is below the threshold, but no unscored document", async () => {
    const scorer = fixedScorer([undefined, -3, 0, 2]);
    const reranker = new CrossEncoderReranker({ scorer, scoreThreshold: 0.5 });
    expect(idsOf(await reranker.rerank("any", documents))).toEqual(["dddd", "cc", "bb"]);
  });

  test("does not let one call's topN affect the next call", async () => {
    const reranker = new CrossEncoderReranker({ scorer: lengthScorer, topN: 2 });
    expect(await reranker.rerank("any", documents, { topN: 1 })).toHaveLength(1);
    expect(await reranker.rerank("any", documents)).toHaveLength(2);
  });

  test("returns nothing for no candidates and one for one, and keeps duplicates", async () => {
    const reranker = new CrossEncoderReranker({ scorer: lengthScorer });
    const [one] = documents;
    expect(await reranker.rerank("any", [])).toEqual([]);
    expect(await reranker.rerank("any", documents.slice(0, 1))).toHaveLength(1);
    expect(idsOf(await reranker.rerank("any", one ? [one, one] : []))).toEqual(["bb", "bb"]);
  });

  test("gives no relevanceScore if there is no score, not even an earlier one", async () => {
    const reranker = new CrossEncoderReranker({ scorer: fixedScorer([undefined, 2]) });
    const scoredBefore = documents
      .slice(0, 2)
      .map(({ pageContent }) => new Document({ pageContent, metadata: { relevanceScore: 0.9 } }));
    const found = await reranker.rerank("q", scoredBefore);
    expect(found.map(({ metadata }) => metadata["relevanceScore"])).toEqual([
      expect.closeTo(0.88, 2),
      undefined,
    ]);
    expect(found[1]?.metadata).not.toHaveProperty("relevanceScore");
  });

  test("keeps a document's own relevanceScore under another name, and replaces a reranker's", async () => {
    const own = deepFreeze(
      documents.map(
        ({ pageContent }) => new Document({ pageContent, metadata: { relevanceScore: "high" } }),
      ),
    );
    const first = new CrossEncoderReranker({ scorer: fixedScorer([1, undefined, 2, 0]) });
    const second = new CrossEncoderReranker({ scorer: fixedScorer([undefined, 3, 1, 2]) });
    const once = await first.rerank("q", own);
    const twice = await second.rerank("q", once);
    for (const { metadata } of [...once, ...twice]) {
      expect(metadata["documentRelevanceScore"]).toBe("high");
      expect(metadata["relevanceScore"]).toBe(
        metadata["retrieval"].rerank.scored === true
          ? metadata["retrieval"].rerank.score
          : undefined,
      );
    }
    expect(twice).toHaveLength(own.length);
  });

  test.each([0, -1, 1.5, Number.NaN])(
    "refuses a topN of %d, in the constructor and in a call",
    async (topN) => {
      const message = `Expected \`topN\` to be a whole number of at least 1, got ${topN}.`;
      expect(() => new CrossEncoderReranker({ scorer: lengthScorer, topN })).toThrow(message);
      const reranker = new CrossEncoderReranker({ scorer: lengthScorer });
      await expect(reranker.rerank("any", documents, { topN })).rejects.toThrow(message);
    },
  );

  test.each(["", " \n"])("refuses the empty query %j", async (query) => {
    const reranker = new CrossEncoderReranker({ scorer: lengthScorer });
    await expect(reranker.rerank(query, documents)).rejects.toMatchObject({
      code: "invalid-input",
    });
  });

  test.each([
    ["too few scores", { scores: [1] }, "Expected `{ scores }` with 4 numbers from fixed, got 1."],
    [
      "too many",
      { scores: [1, 2, 3, 4, 5] },
      "Expected `{ scores }` with 4 numbers from fixed, got 5.",
    ],
    [
      "a bare array",
      [1, 2, 3, 4],
      "Expected `{ scores }` with 4 numbers from fixed, got an array.",
    ],
    [
      "a bare typed array",
      new Float32Array(4),
      "Expected `{ scores }` with 4 numbers from fixed, got a Float32Array.",
    ],
    [
      "another scorer without a scale",
      { scores: [1, 2, 3, 4], scoredBy: { name: "another" } },
      'fixed: Expected `scoredBy.scale` to be one of "logit", "probability", "unbounded", got undefined.',
    ],
    [
      "another scorer and scores that are not on its scale",
      { scores: [1, 2, 3, 4], scoredBy: { name: "another", scale: "probability" } },
      "Expected `scores[1]` of another to be a number from 0 to 1, or NaN if the text has no score, got 2.",
    ],
    ["nothing", undefined, "Expected `{ scores }` with 4 numbers from fixed, got undefined."],
    [
      "too few counts of tokens",
      { scores: [1, 2, 3, 4], truncatedTokens: [0] },
      "Expected `{ truncatedTokens }` with 4 numbers from fixed, got 1.",
    ],
  ])("refuses a scorer that gives %s", async (_fault, given, message) => {
    const scorer = Object.assign(fixedScorer([]), { score: async () => given });
    for (const adaptiveDepth of [false, true]) {
      const reranker = new CrossEncoderReranker({ scorer, adaptiveDepth });
      await expect(reranker.rerank("any", documents)).rejects.toMatchObject({
        code: "model-mismatch",
        message,
      });
    }
  });

  test("accepts a scorer that returns only an array of numbers", async () => {
    const given = [0.2, Number.NaN, 0.9, 0.4];
    for (const adaptiveDepth of [false, true]) {
      const scorer: PairScorer = {
        name: "own",
        scale: "probability",
        score: async () => ({ scores: given }),
      };
      const ranked = await new CrossEncoderReranker({ scorer, adaptiveDepth }).rerank(
        "any",
        documents,
      );
      expect(idsOf(ranked)).toEqual(["cc", "dddd", "bb", "a"]);
      expect(ranked.map((document) => provenanceOf(document).rerank)).toEqual([
        { scored: true, rank: 1, score: 0.9, raw: 0.9, model: "own", truncatedTokens: 0 },
        { scored: true, rank: 2, score: 0.4, raw: 0.4, model: "own", truncatedTokens: 0 },
        { scored: true, rank: 3, score: 0.2, raw: 0.2, model: "own", truncatedTokens: 0 },
        { scored: false, reason: "error" },
      ]);
    }
  });

  test("passes signal and deadline on to the scorer", async () => {
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const scorer: PairScorer = {
      ...lengthScorer,
      score: async (_query, texts, options) => {
        seen.push(options?.signal, options?.deadlineMs);
        return { scores: texts.map(() => 0) };
      },
    };
    const reranker = new CrossEncoderReranker({ scorer, deadlineMs: 50 });
    await reranker.rerank("any", documents, { signal });
    await reranker.rerank("any", documents, { deadlineMs: 70 });
    expect(seen).toEqual([signal, 50, undefined, 70]);
  });

  test("does not dispose of a scorer that it was given", async () => {
    let disposals = 0;
    const dispose = async () => {
      disposals += 1;
    };
    await new CrossEncoderReranker({ scorer: { ...lengthScorer, dispose } }).dispose();
    expect(disposals).toBe(0);
  });
});

test.each([
  ['{ "scoreThreshold": 3 }', "Expected `scoreThreshold` to be a number from 0 to 1, got 3."],
  ['{ "scorer": "BAAI/bge-reranker-base" }', "Expected `scorer` to be a scorer"],
])("refuses %s", (json, message) => {
  expect(() => new CrossEncoderReranker(JSON.parse(json))).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringContaining(message),
    }),
  );
});

test("refuses a scorer together with options of a model, which would be ignored", () => {
  const options: Record<string, unknown> = { scorer: lengthScorer, dtype: "fp32" };
  expect(() => new CrossEncoderReranker(options)).toThrow("got `scorer` and `dtype`");
});
