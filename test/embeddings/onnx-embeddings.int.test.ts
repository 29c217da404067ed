import { afterAll, describe, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { bundledGolden } from "../fixtures/golden.ts";
import { cosine, largestDifference } from "./vectors.ts";

describe("the bundled all-MiniLM-L6-v2", () => {
  const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
  afterAll(() => embeddings.dispose());

  test("gives the vectors of the reference, within what rounding turns on any processor", async () => {
    const { each, most, share } = bundledGolden.tolerances.cosineDistance;
    let near = 0;
    const vectors = await embeddings.embedDocuments(
      bundledGolden.embeddings.map(({ text }) => text),
    );
    for (const [index, { text, vector }] of bundledGolden.embeddings.entries()) {
      const found = vectors[index] ?? [];
      const distance = 1 - cosine(found, vector);
      expect(distance, text).toBeLessThanOrEqual(each);
      if (distance <= most) near += 1;
      expect(Math.hypot(...found), text).toBeCloseTo(1, 5);
    }
    expect(near).toBeGreaterThanOrEqual(share * vectors.length);
  });

  test("gives the cosines that the published fp32 weights give, within 0.02", async () => {
    const query = await embeddings.embedQuery("How is Python used in machine learning?");
    const vectors = await embeddings.embedDocuments([
      "Python is a high-level, interpreted programming language known for its readability.",
      "Python libraries like PyTorch and TensorFlow are used for deep learning.",
      "Machine learning is a subset of artificial intelligence that learns from data.",
    ]);
    const cosines = vectors.map((vector) => cosine(query, vector));
    // sentence-transformers, all-MiniLM-L6-v2 in fp32: model.encode, then util.cos_sim.
    expect(largestDifference([0.6193593, 0.6003541, 0.5793017], cosines)).toBeLessThan(0.02);
  });

  test("gives a text the same vector alone and among others, exactly", async () => {
    const [alone] = await embeddings.embedDocuments(["a short text"]);
    const [, among] = await embeddings.embedDocuments(["much longer ".repeat(40), "a short text"]);
    expect(among).toEqual(alone);
  });

  test("reads 256 tokens, and no padding, whatever tokenizer.json says", async () => {
    expect(await embeddings.info()).toMatchObject({ maxTokens: 256, rowsPerRun: 1 });
  });
});
