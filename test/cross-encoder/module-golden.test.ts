import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { expand, moduleGolden, moduleModel } from "../fixtures/golden.ts";

const pairs = moduleGolden.pairs.map(([query, text]) => [expand(query), expand(text)] as const);

async function scoreOf(
  scorer: OnnxCrossEncoder,
  [query, text]: readonly [string, string],
): Promise<number> {
  const { scores } = await scorer.score(query, [text]);
  return scores[0] ?? Number.NaN;
}

describe.each(Object.entries(moduleGolden.rerankers))(
  "%s scores as sentence-transformers does",
  (name, expected) => {
    const scorer = new OnnxCrossEncoder({ model: moduleModel(name), device: "cpu", cache: false });
    afterAll(() => scorer.dispose());

    test("each pair alone, and all pairs at once", async () => {
      expect(pairs.length).toBeGreaterThanOrEqual(60);
      const together = await Promise.all(pairs.map((pair) => scoreOf(scorer, pair)));
      for (const [index, pair] of pairs.entries()) {
        const score = expected[index] ?? Number.NaN;
        expect(Math.abs(score - (await scoreOf(scorer, pair))), pair[1]).toBeLessThan(1e-4);
        expect(Math.abs(score - (together[index] ?? Number.NaN)), pair[1]).toBeLessThan(1e-4);
      }
    });
  },
);

test("a reranker in modules is not taken for a bi-encoder, nor the reverse", async () => {
  const model = moduleModel("modern-bert-reranker");
  await using embeddings = new OnnxEmbeddings({ model, device: "cpu" });
  await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringMatching(/^Expected vectors from .*, got the modules of a cross-encoder/),
  });
  const other = moduleModel("embedder-dense");
  await using scorer = new OnnxCrossEncoder({ model: other, device: "cpu" });
  await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringMatching(/^Expected scores, but neither .* gives any/),
  });
});
