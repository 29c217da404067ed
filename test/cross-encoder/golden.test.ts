import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import {
  crossEncoderGolden,
  expand,
  tinyModel,
  tinyRerankers,
  tokenizerDifferences,
} from "../fixtures/golden.ts";

describe.each(tinyRerankers)("%s scores as sentence-transformers does", (model) => {
  const scorer = new OnnxCrossEncoder({ model: tinyModel(model), device: "cpu", dtype: "fp32" });
  afterAll(() => scorer.dispose());
  const differing = tokenizerDifferences[model] ?? [];

  test.each(crossEncoderGolden[model].pairs)("$name", async (pair) => {
    const { scores, truncatedTokens } = await scorer.score(expand(pair.query), [expand(pair.text)]);
    const [score = Number.NaN] = scores;
    const [first = Number.NaN, second] = pair.logits;
    const expected = second === undefined ? first : second - first;
    const isEqual =
      Math.abs(score - expected) < 1e-4 && truncatedTokens[0] === pair.truncated_tokens;
    expect(isEqual, `${score} for ${expected}`).toBe(!differing.includes(pair.name));
  });
});
