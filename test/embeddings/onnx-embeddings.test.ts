import { afterAll, describe, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { embeddingGolden, expand, tinyModel } from "../fixtures/golden.ts";
import { largestDifference } from "./vectors.ts";

const tiny = { model: tinyModel("tiny-bert-embedder"), device: "cpu" } as const;

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

  test("with mean pooling, if requested", async () => {
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

test("refuses a model whose pooling is unknown", async () => {
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

test("refuses what is not a string before it loads anything", async () => {
  await using embeddings = new OnnxEmbeddings({ model: "./no/such/folder" });
  await expect(embeddings.embedDocuments(JSON.parse('"river"'))).rejects.toMatchObject({
    code: "invalid-input",
    message: 'Expected `texts` to be an array of strings, got "river".',
  });
  await expect(embeddings.embedQuery(JSON.parse('["river"]'))).rejects.toMatchObject({
    code: "invalid-input",
    message: "Expected `text` to be a string, got an array.",
  });
});

test.each([
  ['{ "pooling": "sum" }', 'Expected `pooling` to be one of "cls", "max", "mean", "mean_sqrt_len'],
  [
    '{ "dtype": "int4" }',
    'Expected `dtype` to be one of "fp32", "fp16", "int8", "uint8", "q4", "q4f16", got "int4".',
  ],
  ['{ "device": "gpu" }', '"auto", "cpu", "cuda", "webgpu", got "gpu".'],
  ['{ "workers": "2" }', 'Expected `workers` to be a whole number of at least 1, got "2".'],
  ['{ "model": 7 }', "Expected `model` to be a non-empty string, got 7."],
])("refuses %s before it fetches anything", (json, message) => {
  expect(() => new OnnxEmbeddings(JSON.parse(json))).toThrow(message);
});

test("refuses a model of the catalogue that is not a bi-encoder, and names the class that takes it", () => {
  expect(() => new OnnxEmbeddings({ model: "bge-reranker-base" })).toThrow(
    "Expected a bi-encoder, but bge-reranker-base is a cross-encoder: pass it to `CrossEncoderReranker`",
  );
});
