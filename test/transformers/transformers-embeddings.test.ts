import type { Embeddings } from "@langchain/core/embeddings";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { VectorOrigin } from "../../src/documents/vector-origin.ts";
import { fromTransformers } from "../../src/transformers/index.ts";
import { largestDifference } from "../embeddings/vectors.ts";
import { embeddingGolden, expand } from "../fixtures/golden.ts";
import { loadTiny } from "./load-tiny.ts";

describe("embeddings from transformers.js", async () => {
  const [tokenizer, model] = await loadTiny("tiny-bert-embedder", "bi-encoder");
  afterAll(() => model.dispose());
  const loaded = fromTransformers(tokenizer, model);
  // The window is in sentence_bert_config.json, which transformers.js does not read.
  const settings = { pooling: "cls", maxTokens: 128 } as const;
  const golden = embeddingGolden["tiny-bert-embedder"].texts;

  test("equal those of sentence-transformers, in the order of the texts", async () => {
    const embeddings = loaded.embeddings(settings);
    const vectors = await embeddings.embedDocuments(golden.map(({ text }) => expand(text)));
    for (const [index, { name, vector }] of golden.entries()) {
      expect(largestDifference(vector, vectors[index] ?? []), name).toBeLessThan(1e-4);
    }
  });

  test("equal them with mean pooling, too", async () => {
    const embeddings = loaded.embeddings({ ...settings, pooling: "mean" });
    const meaned = golden.filter(({ mean_vector: vector }) => vector !== undefined);
    expect(meaned.length).toBeGreaterThan(0);
    for (const { name, text, mean_vector: vector = [] } of meaned) {
      const [found = []] = await embeddings.embedDocuments([expand(text)]);
      expect(largestDifference(vector, found), name).toBeLessThan(1e-4);
    }
  });

  test("put the prefix before queries only", async () => {
    const embeddings = loaded.embeddings({ ...settings, queryPrefix: "find: " });
    const [prefixed = [], plain = []] = await embeddings.embedDocuments(["find: river", "river"]);
    expect(await embeddings.embedQuery("river")).toEqual(prefixed);
    expect(largestDifference(plain, prefixed)).toBeGreaterThan(1e-2);
  });

  test("state what makes their vectors, for a collection to compare", async () => {
    const raw = { name: "tiny", pooling: "mean", normalize: false, queryPrefix: "q: " } as const;
    for (const [options, origin] of [
      [settings, { model: undefined, settings: { pooling: "cls" } }],
      [raw, { model: "tiny", settings: { pooling: "mean", normalize: false } }],
    ] as const) {
      const embeddings: Embeddings & { vectorOrigin?: () => Promise<VectorOrigin> } =
        loaded.embeddings(options);
      expect(await embeddings.vectorOrigin?.()).toEqual(origin);
    }
  });

  test("have length 1, unless that is not wanted", async () => {
    const vector = await loaded.embeddings(settings).embedQuery("river");
    const raw = await loaded.embeddings({ ...settings, normalize: false }).embedQuery("river");
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(Math.hypot(...raw)).not.toBeCloseTo(1, 1);
    const scaled = raw.map((value) => value / Math.hypot(...raw));
    expect(largestDifference(vector, scaled)).toBeLessThan(1e-5);
  });

  test("refuse what is not a string", async () => {
    const embeddings = loaded.embeddings(settings);
    await expect(embeddings.embedDocuments(JSON.parse("[7]"))).rejects.toMatchObject({
      code: "invalid-input",
    });
    await expect(embeddings.embedQuery(JSON.parse("7"))).rejects.toMatchObject({
      code: "invalid-input",
    });
  });

  test("need the option `pooling`", () => {
    expect(() => loaded.embeddings(JSON.parse("{}"))).toThrow(
      /^Expected `pooling` to be one of "cls", "max", "mean", .*, got undefined\.$/,
    );
  });
});

test("of a model that was disposed of say so", async () => {
  // transformers.js prints the failure, too.
  vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => void vi.restoreAllMocks());
  const [tokenizer, model] = await loadTiny("tiny-bert-embedder", "bi-encoder");
  const embeddings = fromTransformers(tokenizer, model).embeddings({ pooling: "cls" });
  await embeddings.embedQuery("river");
  await model.dispose();
  await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
    code: "disposed",
    message: expect.stringContaining("used after dispose()"),
  });
});
