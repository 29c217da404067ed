import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { loadTokenizer } from "../../src/model/tokens/tokenizer.ts";
import { bundledGolden } from "../fixtures/golden.ts";

describe.each(["rerank-minilm-l6", "rerank-minilm-l3"])("the bundled %s", (model) => {
  const scorer = new OnnxCrossEncoder({ model, device: "cpu" });
  afterAll(() => scorer.dispose());

  test("gives the logits of the reference, within what rounding moves on any processor", async () => {
    const { each, most, share } = bundledGolden.tolerances.logit;
    let near = 0;
    for (const { query, text, logits } of bundledGolden.pairs) {
      const {
        scores: [score = Number.NaN],
      } = await scorer.score(query, [text]);
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
