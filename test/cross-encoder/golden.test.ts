import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { loadTokenizer } from "../../src/model/tokenizer.ts";
import {
  bundledGolden,
  crossEncoderGolden,
  expand,
  tinyModel,
  tinyRerankers,
} from "../fixtures/golden.ts";

/**
 * What the JavaScript tokenizer reads otherwise than the reference in Rust: NFKC over the whole text
 * instead of one grapheme at a time, and U+0085, which is no white space in JavaScript. Listed, so that
 * a version that mends it shows here.
 */
const knownDifferences: Readonly<Record<string, readonly string[]>> = {
  "tiny-xlm-roberta-reranker": [
    "half-width with voicing marks",
    "Korean, decomposed",
    "a stack of combining marks",
    "the next-line character",
  ],
};

describe.each(tinyRerankers)("%s scores as sentence-transformers does", (model) => {
  const scorer = new OnnxCrossEncoder({ model: tinyModel(model), device: "cpu", dtype: "fp32" });
  afterAll(() => scorer.dispose());
  const differing = knownDifferences[model] ?? [];

  test.each(crossEncoderGolden[model].pairs)("$name", async (pair) => {
    const seen: number[] = [];
    const [score = Number.NaN] = await scorer.score(expand(pair.query), [expand(pair.text)], {
      onScored: (_index, _score, { truncatedTokens }) => seen.push(truncatedTokens),
    });
    const [first = Number.NaN, second] = pair.logits;
    const expected = second === undefined ? first : second - first;
    const isEqual = Math.abs(score - expected) < 1e-4 && seen[0] === pair.truncated_tokens;
    expect(isEqual, `${score} for ${expected}`).toBe(!differing.includes(pair.name));
  });
});

describe.each(["rerank-minilm-l6", "rerank-minilm-l3"])("the bundled %s", (model) => {
  const scorer = new OnnxCrossEncoder({ model, device: "cpu" });
  afterAll(() => scorer.dispose());

  test("gives the logits of the reference, within what rounding moves on any processor", async () => {
    const { each, most, share } = bundledGolden.tolerances.logit;
    let near = 0;
    for (const { query, text, logits } of bundledGolden.pairs) {
      const [score = Number.NaN] = await scorer.score(query, [text]);
      const difference = Math.abs(score - (logits[model] ?? Number.NaN));
      expect(difference, query).toBeLessThanOrEqual(each);
      if (difference <= most) near += 1;
    }
    expect(near).toBeGreaterThanOrEqual(share * bundledGolden.pairs.length);
  });

  test("counts as many tokens as the reference", async () => {
    const { folder } = await scorer.info();
    const encode = await loadTokenizer(join(folder, "tokenizer.json"));
    for (const { query, text, tokens } of bundledGolden.pairs) {
      expect(Math.min(encode(query).length + encode(text).length + 3, 512), query).toBe(tokens);
    }
  });
});
