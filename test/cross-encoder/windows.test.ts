import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { afterAll, describe, expect, test } from "vitest";
import { BestWindows } from "../../src/cross-encoder/best-windows.ts";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { roomBeside } from "../../src/model/tokens/packing.ts";
import { readTemplates } from "../../src/model/tokens/pair-template.ts";
import { encodeOrCut } from "../../src/model/tokens/text-windows.ts";
import { loadTokenizer } from "../../src/model/tokens/tokenizer.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { riverTexts } from "./river-texts.ts";

const maxTokens = 32;
const window = { stride: 6, maxWindows: 5 };
const query = "old river";
/** Texts of many lengths, in a language without spaces, too, and one that comes twice. */
const texts = [
  ...Array.from({ length: 12 }, (_, index) => riverTexts.slice(index, 1 + index * 2).join(" ")),
  "深い川の古い橋".repeat(20),
  riverTexts.slice(3, 7).join(" "),
  "",
];

describe.each([
  ["tiny-bert-reranker", "fp32"],
  ["tiny-bert-reranker", "int8"],
  ["tiny-xlm-roberta-reranker", "fp32"],
] as const)("windows of %s in %s", async (name, dtype) => {
  const model = { model: tinyModel(name), device: "cpu", dtype, maxTokens } as const;
  const windowed = new OnnxCrossEncoder({ ...model, window });
  const plain = new OnnxCrossEncoder(model);
  afterAll(() => Promise.all([windowed.dispose(), plain.dispose()]));
  const path = join(tinyModel(name), "tokenizer.json");
  const encode = await loadTokenizer(path);
  const templates = readTemplates(JSON.parse(readFileSync(path, "utf8")), path);
  const packing = { templates, maxTokens, truncation: "longest-first" } as const;

  test("give a text the best score of its windows, each scored alone", async () => {
    const result = await windowed.score(query, texts);
    const cut = { ...window, room: roomBeside(encode(query).length, packing) };
    for (const [index, text] of texts.entries()) {
      const { windows = [{ start: 0, end: text.length }], lostTokens = 0 } =
        encodeOrCut(text, cut, encode).cut ?? {};
      const scores: number[] = [];
      for (const { start, end } of windows) {
        const alone = await plain.score(query, [text.slice(start, end)]);
        expect(alone.truncatedTokens[0]).toBe(0);
        scores.push(alone.scores[0] ?? Number.NaN);
      }
      const best = windows[scores.indexOf(Math.max(...scores))];
      expect(result.scores[index]).toBeCloseTo(Math.max(...scores), dtype === "int8" ? 8 : 4);
      expect(result.truncatedTokens[index]).toBe(lostTokens);
      const found = result.windows.get(index);
      const expected = { start: best?.start, end: best?.end, windows: windows.length };
      expect(found).toEqual(windows.length === 1 ? undefined : expected);
    }
    expect(result.windows.size).toBeGreaterThan(5);
    expect(Math.max(...result.truncatedTokens)).toBeGreaterThan(0);
  });

  test("do not depend on other texts, their order, or an earlier call without windows", async () => {
    await plain.score(query, texts);
    const together = await windowed.score(query, texts);
    const reversed = await windowed.score(query, texts.toReversed());
    await using uncached = new OnnxCrossEncoder({ ...model, window, cache: false });
    for (const [index, text] of texts.entries()) {
      const alone = await uncached.score(query, [text]);
      const back = texts.length - 1 - index;
      expect(reversed.windows.get(back)).toEqual(together.windows.get(index));
      expect(alone.windows.get(0)).toEqual(together.windows.get(index));
      expect(alone.scores[0]).toBeCloseTo(together.scores[index] ?? Number.NaN, 4);
    }
    const truncated = await plain.score(query, texts);
    expect(truncated.windows.size).toBe(0);
    expect(truncated.scores).not.toEqual(together.scores);
  });

  test("score equal texts once, each with its window", async () => {
    const long = texts.find(({ length }) => length > 400) ?? "";
    const { scores, windows } = await windowed.score("deep city", [long, long, "river", long]);
    expect(new Set([scores[0], scores[1], scores[3]]).size).toBe(1);
    expect([...windows.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 3]);
    expect(windows.get(3)).toEqual(windows.get(0));
  });

  test("leave a long query at most half of the model's window", async () => {
    const long = riverTexts.slice(0, 6).join(" ");
    const { windows } = await windowed.score(long, [long]);
    const { start = 0, end = 0 } = windows.get(0) ?? {};
    const tokens = encode(long.slice(start, end)).length;
    expect(tokens).toBeGreaterThan(8);
    expect(tokens).toBeLessThanOrEqual(maxTokens / 2);
  });
});

describe("the window of a reranked document", () => {
  const model = { model: tinyModel("tiny-bert-reranker"), device: "cpu", maxTokens } as const;
  const documents = texts.map((pageContent) => new Document({ pageContent }));

  test.each([true, false])("is in its provenance, adaptive depth: %s", async (adaptiveDepth) => {
    await using reranker = new CrossEncoderReranker({
      ...model,
      window,
      adaptiveDepth,
      topN: documents.length,
    });
    const ranked = await reranker.rerank(query, documents);
    const { windows } = await reranker.scorer.score(query, texts);
    expect(ranked).toHaveLength(texts.length);
    for (const { pageContent, metadata } of ranked) {
      const expected = windows?.get(texts.indexOf(pageContent));
      const { rerank } = metadata["retrieval"];
      expect(rerank.window).toEqual(rerank.scored ? expected : undefined);
    }
    expect(await reranker.info()).toMatchObject({ window, maxTokens });
  });

  test("a stride of more than half of the model's window is refused", async () => {
    await using scorer = new OnnxCrossEncoder({ ...model, window: { stride: 17 } });
    await expect(scorer.score(query, texts)).rejects.toMatchObject({
      code: "invalid-option",
      message:
        "Expected `window.stride` to be at most 16, half of the model's window of 32 tokens, got 17.",
    });
  });

  test("is refused beside a scorer of one's own", () => {
    const { scorer } = new CrossEncoderReranker(model);
    expect(() => Reflect.construct(CrossEncoderReranker, [{ scorer, window }])).toThrow(
      "got `scorer` and `window`: pass the option to the scorer.",
    );
  });
});

describe("the best window", () => {
  const windows = [0, 1, 2].map((start) => ({ start, end: start + 2, tokens: 2 }));
  const rest = { windows, lostTokens: 3 };
  const addAll = (scores: readonly number[], order: readonly number[]) => {
    const best = new BestWindows();
    return order.map((index) => {
      const [score = Number.NaN, row = { start: 0, end: 2, tokens: 2 }] = [
        scores[index],
        windows[index],
      ];
      return best.add(0, { score, truncatedTokens: 1 }, { ...rest, window: row });
    });
  };

  test("is known once every window has a score, not before", () => {
    const best = { score: 5, truncatedTokens: 4, window: { start: 1, end: 3, windows: 3 } };
    expect(addAll([2, 5, 3], [1, 2, 0])).toEqual([undefined, undefined, best]);
  });

  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])("is the first of equal ones: %o", (order) => {
    expect(addAll([1, 7, 7], order).at(-1)?.window?.start).toBe(1);
  });

  test.each([[[0, 1, 2]], [[2, 0, 1]], [[1, 2, 0]]])("is absent if one failed: %o", (order) => {
    expect(addAll([9, Number.NaN, 7], order).at(-1)?.score).toBeNaN();
  });
});
