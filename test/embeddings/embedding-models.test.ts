import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  OnnxEmbeddings,
  type OnnxEmbeddingsOptions,
} from "../../src/embeddings/onnx-embeddings.ts";
import { embeddingModelsGolden, expand, tinyModel } from "../fixtures/golden.ts";
import { cosine, largestDifference } from "./vectors.ts";

const decoder = "tiny-qwen3-embedder";
const prompted = "tiny-prompt-embedder";
const tolerance = 1e-4;

function open(model: string, options: Omit<OnnxEmbeddingsOptions, "model"> = {}): OnnxEmbeddings {
  const embeddings = new OnnxEmbeddings({ model, device: "cpu", ...options });
  onTestFinished(() => embeddings.dispose());
  return embeddings;
}

/** A copy of the model with other files. */
function copyOf(name: string, files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "embedding-model-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(tinyModel(name), folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    writeFileSync(join(folder, path), JSON.stringify(content));
  }
  return folder;
}

describe.each([decoder, prompted] as const)("%s embeds as sentence-transformers does", (name) => {
  const { texts } = embeddingModelsGolden[name];

  test("documents, all in one call, in their order", async () => {
    const vectors = await open(tinyModel(name)).embedDocuments(
      texts.map(({ text }) => expand(text)),
    );
    expect(vectors.length).toBeGreaterThanOrEqual(40);
    for (const [index, { name: text, document }] of texts.entries()) {
      expect(largestDifference(document, vectors[index] ?? []), text).toBeLessThan(tolerance);
    }
  });

  test("documents that arrive one by one", async () => {
    const stream = open(tinyModel(name)).embedStream(texts.map(({ text }) => expand(text)));
    let index = 0;
    for await (const vector of stream) {
      const { document = [], name: text } = texts[index++] ?? {};
      expect(largestDifference(document, [...vector]), text).toBeLessThan(tolerance);
    }
    expect(index).toBe(texts.length);
  });

  test("queries", async () => {
    const embeddings = open(tinyModel(name));
    for (const { name: text, text: query, query: vector = [] } of texts.slice(0, 25)) {
      const found = await embeddings.embedQuery(expand(query));
      expect(vector.length).toBe(32);
      expect(largestDifference(vector, found), text).toBeLessThan(tolerance);
    }
  });

  test("documents with fewer dimensions", async () => {
    const some = texts.slice(0, 25);
    const embeddings = open(tinyModel(name), { dimensions: 8 });
    const vectors = await embeddings.embedDocuments(some.map(({ text }) => expand(text)));
    for (const [index, { name: text, short = [] }] of some.entries()) {
      expect(vectors[index]).toHaveLength(8);
      expect(largestDifference(short, vectors[index] ?? []), text).toBeLessThan(tolerance);
    }
    expect(await embeddings.embedQuery("river")).toHaveLength(8);
  });
});

describe("the prompts of a model", () => {
  const expected = embeddingModelsGolden[prompted].texts[0]?.document ?? [];
  const text = "The river is 412 kilometres long and 31 metres deep.";

  test("give way to the options", async () => {
    const embeddings = open(tinyModel(prompted), {
      queryPrefix: "the passage reads: ",
      documentPrefix: "",
    });
    expect(largestDifference(expected, await embeddings.embedQuery(text))).toBeLessThan(tolerance);
    const [plain = []] = await embeddings.embedDocuments([text]);
    expect(cosine(plain, [...expected])).toBeLessThan(0.999);
  });

  test.each([
    [{ passage: "the passage reads: ", corpus: "no" }],
    [{ corpus: "the passage reads: " }],
  ])("for documents are the first of document, passage, corpus: %j", async (prompts) => {
    const config = { prompts, default_prompt_name: Object.keys(prompts)[0] };
    const folder = copyOf(prompted, { "config_sentence_transformers.json": config });
    const [vector = []] = await open(folder).embedDocuments([text]);
    expect(largestDifference(expected, vector)).toBeLessThan(tolerance);
  });

  test("are named by their role: the default prompt is for neither", async () => {
    const config = { prompts: { other: "words: " }, default_prompt_name: "other" };
    const folder = copyOf(prompted, { "config_sentence_transformers.json": config });
    const embeddings = open(folder);
    const bare = open(tinyModel(prompted), { queryPrefix: "", documentPrefix: "" });
    const [[document = []], [bareDocument = []]] = [
      await embeddings.embedDocuments([text]),
      await bare.embedDocuments([text]),
    ];
    expect(largestDifference(document, bareDocument)).toBeLessThan(1e-6);
    const [query, bareQuery] = [await embeddings.embedQuery(text), await bare.embedQuery(text)];
    expect(largestDifference(query, bareQuery)).toBeLessThan(1e-6);
  });
});

describe("do_lower_case", () => {
  const texts = ["The RIVER rises: ΟΔΟΣ, [SEP] İ", "the river rises: οδοσ, [SEP] i\u0307"] as const;

  test("lower-cases what the tokenizer would read with capitals, but no special token", async () => {
    const [capitals = [], small = []] = await open(tinyModel(prompted)).embedDocuments([...texts]);
    expect(largestDifference(small, capitals)).toBeLessThan(1e-6);
  });

  test.each([
    ["is false", { "sentence_bert_config.json": { max_seq_length: 48, do_lower_case: false } }],
    ["stands beside no modules.json", { "modules.json": [] }],
  ])("that %s changes nothing", async (why, files) => {
    const folder = copyOf(prompted, files);
    if (why.startsWith("stands")) rmSync(join(folder, "modules.json"));
    const [capitals = [], small = []] = await open(folder).embedDocuments([...texts]);
    expect(largestDifference(small, capitals)).toBeGreaterThan(1e-2);
  });
});

describe("dimensions", () => {
  test("more than the model has are refused: by its row at once, else with the first vector", async () => {
    const message =
      "Expected `dimensions` to be at most 384, the dimensions of this model, got 385.";
    expect(() => new OnnxEmbeddings({ model: "bge-small", dimensions: 385 })).toThrow(message);
    await expect(
      open(tinyModel(prompted), { dimensions: 33 }).embedQuery("river"),
    ).rejects.toMatchObject({
      code: "invalid-option",
      message: "Expected `dimensions` to be at most 32, the dimensions of this model, got 33.",
    });
  });
});

describe("vectorOrigin", () => {
  test.each([
    ["nothing", {}, {}],
    ["what differs", { dimensions: 256, pooling: "cls", documentPrefix: "a: " }, undefined],
    ["not what is the model's own", { dimensions: 384, documentPrefix: "passage: " }, {}],
    ["not what changes queries only", { queryPrefix: "find: " }, {}],
  ] as const)("holds of a model of the catalogue %s", async (_what, options, expected) => {
    const embeddings = new OnnxEmbeddings({ model: "multilingual-e5-small", ...options });
    expect(await embeddings.vectorOrigin()).toEqual({
      model: "intfloat/multilingual-e5-small",
      settings: expected ?? options,
    });
  });

  test.each([
    ["nothing", {}, {}],
    ["what differs", { dimensions: 16, pooling: "mean", documentPrefix: "a: " }, undefined],
    ["not what is the model's own", { dimensions: 32, pooling: "cls", documentPrefix: "" }, {}],
    ["one that differs", { dimensions: 32, pooling: "max" }, { pooling: "max" }],
  ] as const)("holds of a model in a folder %s", async (_what, options, expected) => {
    const embeddings = open(tinyModel("tiny-bert-embedder"), options);
    const { settings } = await embeddings.vectorOrigin();
    expect(settings).toEqual(expected ?? options);
  });

  test("of a folder with a prompt for documents holds another one, also none", async () => {
    const [own, none] = [undefined, ""].map((documentPrefix) =>
      open(tinyModel(prompted), { documentPrefix }),
    );
    expect((await own?.vectorOrigin())?.settings).toEqual({});
    expect((await none?.vectorOrigin())?.settings).toEqual({ documentPrefix: "" });
  });

  test("names a folder by its absolute path, however it is written", async () => {
    const folder = realpathSync(copyOf("tiny-bert-embedder", {}));
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    onTestFinished(() => rmSync(link));
    const spellings = [folder, `${folder}/`, `${folder}/.`, relative(".", folder), link];
    for (const model of spellings) {
      expect(await open(model).vectorOrigin()).toEqual({ model: folder, settings: {} });
    }
  });
});

describe.each(["q4", "q4f16"] as const)("a graph with weights of dtype %s", (dtype) => {
  const texts = embeddingModelsGolden[decoder].texts.map(({ text }) => expand(text));

  test("runs in batches: a text has the same vector alone and among others", async () => {
    const embeddings = open(tinyModel(decoder), { dtype });
    expect(await embeddings.info()).toMatchObject({ dtype, rowsPerRun: 64 });
    const vectors = await embeddings.embedDocuments(texts);
    for (const index of [0, 7, 20, 33]) {
      const [alone = []] = await embeddings.embedDocuments([texts[index] ?? ""]);
      expect(largestDifference(alone, vectors[index] ?? [])).toBeLessThan(1e-6);
    }
  });

  test("gives vectors near those of full precision", async () => {
    const vectors = await open(tinyModel(decoder), { dtype }).embedDocuments(texts);
    const cosines = vectors.map((vector, index) =>
      cosine(vector, [...(embeddingModelsGolden[decoder].texts[index]?.document ?? [])]),
    );
    const mean = cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
    expect(mean).toBeGreaterThan(0.9);
  });

  test("is found by its file, which says its dtype", async () => {
    const file = `onnx/model_${dtype}.onnx`;
    const embeddings = open(tinyModel(decoder), { file });
    expect(await embeddings.info()).toMatchObject({
      dtype,
      file: join(tinyModel(decoder), file),
    });
  });
});

test("refuses vectors that are not finite, and says what to try", async () => {
  const header = JSON.stringify({
    "linear.weight": { dtype: "F32", shape: [1, 32], data_offsets: [0, 128] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const folder = copyOf(prompted, {});
  const modules = ["Transformer", "Pooling", "Dense"].map((type, index) => ({
    type: `sentence_transformers.models.${type}`,
    path: index === 0 ? "" : `${index}_${type}`,
  }));
  const dense = {
    in_features: 32,
    out_features: 1,
    bias: false,
    activation_function: "torch.nn.Identity",
  };
  mkdirSync(join(folder, "2_Dense"));
  writeFileSync(join(folder, "modules.json"), JSON.stringify(modules));
  writeFileSync(join(folder, "2_Dense/config.json"), JSON.stringify(dense));
  writeFileSync(
    join(folder, "2_Dense/model.safetensors"),
    Buffer.concat([
      length,
      Buffer.from(header),
      Buffer.alloc(128, Buffer.of(0xff, 0xff, 0x7f, 0x7f, 0xff, 0xff, 0x7f, 0xff)),
    ]),
  );
  await expect(open(folder).embedQuery("river")).rejects.toMatchObject({
    code: "model-mismatch",
    message:
      "Expected finite numbers in a vector of a fp32 graph on cpu, got NaN or infinity: delete the model's files and fetch them again, or use another model.",
  });
});

test.each([
  ["../model.onnx"],
  ["/tmp/model.onnx"],
  ["onnx\\model.onnx"],
  ["C:/model.onnx"],
  ["onnx//model.onnx"],
  ["onnx/model.pt"],
  [7],
])("refuses the file %j", (file) => {
  expect(() => new OnnxEmbeddings(JSON.parse(JSON.stringify({ file })))).toThrow(
    "Expected `file` to be the path of an ONNX file inside the model's folder",
  );
});

test("refuses a file together with a dtype", () => {
  expect(() => new OnnxEmbeddings({ file: "onnx/model.onnx", dtype: "int8" })).toThrow(
    "Expected `dtype` or `file`, got both",
  );
});
