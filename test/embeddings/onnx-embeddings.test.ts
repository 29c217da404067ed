import { afterAll, describe, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { bundledGolden, embeddingGolden, expand, tinyModel } from "../fixtures/golden.ts";

const tiny = { model: tinyModel("tiny-bert-embedder"), device: "cpu" } as const;

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}

describe("a tiny bi-encoder embeds as sentence-transformers does", () => {
  const embeddings = new OnnxEmbeddings(tiny);
  const mean = new OnnxEmbeddings({ ...tiny, pooling: "mean" });
  afterAll(async () => {
    await embeddings.dispose();
    await mean.dispose();
  });
  const golden = embeddingGolden["tiny-bert-embedder"].texts;

  test("all texts in one batch, in their order", async () => {
    const vectors = await embeddings.embedDocuments(golden.map(({ text }) => expand(text)));
    for (const [index, { name, vector }] of golden.entries()) {
      expect(largestDifference(vector, vectors[index] ?? []), name).toBeLessThan(1e-4);
    }
  });

  test("with mean pooling, where that is asked for", async () => {
    const meaned = golden.filter(({ mean_vector: vector }) => vector !== undefined);
    const vectors = await mean.embedDocuments(meaned.map(({ text }) => expand(text)));
    expect(meaned.length).toBeGreaterThan(0);
    for (const [index, { name, mean_vector: vector = [] }] of meaned.entries()) {
      expect(largestDifference(vector, vectors[index] ?? []), name).toBeLessThan(1e-4);
    }
  });

  test("takes the window from sentence_bert_config.json, not from config.json", async () => {
    expect(await embeddings.info()).toMatchObject({ maxTokens: 128, dtype: "fp32" });
  });

  test("puts the query instruction before queries only", async () => {
    await using instructed = new OnnxEmbeddings({ ...tiny, queryPrefix: "find: " });
    const [plain = []] = await embeddings.embedDocuments(["find: river"]);
    const [document = []] = await instructed.embedDocuments(["river"]);
    expect(largestDifference(await instructed.embedQuery("river"), plain)).toBeLessThan(1e-5);
    expect(largestDifference(document, plain)).toBeGreaterThan(1e-2);
  });
});

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

test("refuses a model of which nobody says how it pools", async () => {
  await using embeddings = new OnnxEmbeddings({
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
  });
  await expect(embeddings.embedQuery("river")).rejects.toMatchObject({ code: "model-mismatch" });
});

test("embeds nothing without loading anything", async () => {
  await using embeddings = new OnnxEmbeddings({ model: "./no/such/folder" });
  expect(await embeddings.embedDocuments([])).toEqual([]);
});
