import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { modelCatalog } from "../../../src/model/files/model-catalog.ts";
import { bytesOf } from "../../../src/model/files/graph-files.ts";
import { dtypeOfFile, dtypesIn } from "../../../src/model/files/graph-paths.ts";
import { locateModel, obtainModel } from "../../../src/model/files/model-files.ts";
import { tinyModel } from "../../fixtures/golden.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "model-files-"));
  cpSync(tinyModel("tiny-bert-reranker"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const graphAt = (name: string): string => join(folder, "onnx", `${name}.onnx`);

describe("locateModel", () => {
  test.each(modelCatalog.map((row) => [row.names[0], row] as const))(
    "finds %s by each of its names, in any case of letters",
    (_name, row) => {
      for (const name of row.names) {
        for (const written of [name, name.toUpperCase(), name.toLowerCase()]) {
          expect(locateModel(written).row).toBe(row);
        }
      }
    },
  );

  test.each(modelCatalog.map(({ names }) => names))(
    "lists %s by a part of that name, so that each model has one spelling",
    (full, ...aliases) => {
      expect(full.toLowerCase()).toContain((aliases.at(-1) ?? full).toLowerCase());
    },
  );

  test("takes a bundled model from its folder, others from the hub", () => {
    const { folder: found = "" } = locateModel("rerank-minilm-l6");
    expect(relative(join(import.meta.dirname, "../../.."), found)).toBe(
      join("models", "rerank-minilm-l6"),
    );
    expect(locateModel("BAAI/bge-reranker-base").repository).toBe("Xenova/bge-reranker-base");
    expect(locateModel("someone/some-model.v2")).toEqual({ repository: "someone/some-model.v2" });
  });

  test("takes a folder as it is, also by a path from here", () => {
    expect(locateModel(folder)).toEqual({ folder });
    expect(locateModel(relative(process.cwd(), folder))).toEqual({ folder });
  });

  test.each([
    ["bge-smal", "bge-small"],
    ["bge-reranker-larg", "bge-reranker-large"],
    ["rerank_minilm_l6", "rerank-minilm-l6"],
  ])("of %s says that %s was probably meant", (model, meant) => {
    expect(() => locateModel(model)).toThrow(
      expect.objectContaining({
        code: "model-not-found",
        message: expect.stringContaining(`got ${model}. Did you mean ${meant}?`),
      }),
    );
  });

  test.each([
    [
      "unheard-of",
      /^Expected `model` to be a folder, owner\/name on the hub, or a name of the catalogue, got unheard-of\. The names are bge-small, .*colbertv2\.0\.$/,
    ],
    ["./owner/name", /to be a folder, got \/.*\/owner\/name, which does not exist\.$/],
    ["../name", /to be a folder, got \/.*\/name, which does not exist\.$/],
    ["/no/folder", /^Expected `model` to be a folder, got \/no\/folder, which does not exist\.$/],
    [
      "owner/name/more",
      /to be a folder or owner\/name on the hub, got owner\/name\/more, which is/,
    ],
    ["owner\\name", /to be a folder, got \/.*\/owner\\name, which does not exist\.$/],
    [import.meta.filename, /to be a folder, got .*\.test\.ts, which is not a folder\.$/],
  ])("refuses %s, and lists names only if a name was meant", (model, message) => {
    expect(() => locateModel(model)).toThrow(
      expect.objectContaining({
        code: "model-not-found",
        message: expect.stringMatching(message),
      }),
    );
  });
});

/** Gives the int8 graph these names in the place of its own. */
function exportAs(...names: readonly string[]): void {
  const graph = join(folder, "onnx/model_int8.onnx");
  const bytes = readFileSync(graph);
  rmSync(graph);
  for (const name of names) writeFileSync(join(folder, `onnx/${name}.onnx`), bytes);
}

describe("obtainModel from a folder", () => {
  test("gives the graph, the tokenizer and the settings", async () => {
    expect(await obtainModel(folder, ["int8", "fp32"])).toMatchObject({
      folder,
      graphPath: join(folder, "onnx/model_int8.onnx"),
      tokenizerPath: join(folder, "tokenizer.json"),
      dtype: "int8",
      settings: { maxTokens: 512 },
      graph: { isDynamicallyQuantized: true },
    });
  });

  test("takes the first dtype that is there", async () => {
    expect((await obtainModel(folder, ["fp16", "fp32", "int8"])).dtype).toBe("fp32");
  });

  test.each([
    ["uint8", "model_uint8.onnx"],
    ["uint8", "model_quint8_avx2.onnx"],
    ["q4", "model_q4.onnx"],
    ["q4f16", "model_q4f16.onnx"],
  ] as const)("takes for %s the graph %s", async (dtype, name) => {
    copyFileSync(join(folder, "onnx/model.onnx"), join(folder, "onnx", name));
    expect(await obtainModel(folder, [dtype])).toMatchObject({
      dtype,
      graphPath: join(folder, "onnx", name),
    });
  });

  test("takes a named file, whatever the usual names are", async () => {
    copyFileSync(join(folder, "onnx/model.onnx"), join(folder, "model_O3.onnx"));
    const files = await obtainModel(folder, ["fp32"], { file: "model_O3.onnx" });
    expect(files.graphPath).toBe(join(folder, "model_O3.onnx"));
    await expect(obtainModel(folder, ["fp32"], { file: "onnx/no.onnx" })).rejects.toThrow(
      /^Expected onnx\/no\.onnx in .*; ONNX graphs found there: .*model\.onnx/,
    );
  });

  test.each([
    ["onnx/model.onnx", "fp32"],
    ["onnx/model_O3.onnx", "fp32"],
    ["model_O4.onnx", "fp16"],
    ["onnx/model_fp16.onnx", "fp16"],
    ["onnx/model_quantized.onnx", "int8"],
    ["onnx/model_qint8_avx512_vnni.onnx", "int8"],
    ["onnx/model_quint8_avx2.onnx", "uint8"],
    ["onnx/model_q4.onnx", "q4"],
    ["onnx/model_bnb4.onnx", "q4"],
    ["onnx/model_q4f16.onnx", "q4f16"],
    ["int8/encoder.onnx", "fp32"],
  ])("reads from the name %s the dtype %s", (file, dtype) => {
    expect(dtypeOfFile(file)).toBe(dtype);
  });

  test("takes a graph beside config.json, after one in onnx/", async () => {
    const graphPath = join(folder, "model.onnx");
    copyFileSync(join(folder, "onnx/model.onnx"), graphPath);
    const inOnnx = join(folder, "onnx/model.onnx");
    expect((await obtainModel(folder, ["fp32"])).graphPath).toBe(inOnnx);
    rmSync(inOnnx);
    expect((await obtainModel(folder, ["fp32"])).graphPath).toBe(graphPath);
  });

  test("takes the names that exporters give to int8 graphs", async () => {
    const graph = join(folder, "onnx/model_int8.onnx");
    cpSync(graph, join(folder, "onnx/model_quantized.onnx"));
    rmSync(graph);
    const { graphPath } = await obtainModel(folder, ["int8"]);
    expect(graphPath).toBe(join(folder, "onnx/model_quantized.onnx"));
  });

  const arm64 = process.arch === "arm64" ? "model_qint8_arm64" : undefined;
  test.each([
    ["exact", arm64 ?? "model_qint8_avx512_vnni"],
    ["exact-if-widened", arm64 ?? "model_quint8_avx2"],
    ["saturating", arm64 ?? "model_quint8_avx2"],
  ] as const)("with %s kernels takes the export made for this processor", async (kernels, name) => {
    exportAs(
      "model_int8",
      "model_quantized",
      "model_quint8_avx2",
      "model_qint8_avx512",
      "model_qint8_avx512_vnni",
      "model_qint8_arm64",
    );
    const { graphPath } = await obtainModel(folder, ["int8"], { int8Kernels: kernels });
    expect(graphPath).toBe(join(folder, `onnx/${name}.onnx`));
  });

  test("takes an export made for no processor before one made for another", async () => {
    const other = process.arch === "arm64" ? "model_qint8_avx512" : "model_qint8_arm64";
    exportAs("model_quantized", other);
    const quantized = join(folder, "onnx/model_quantized.onnx");
    expect((await obtainModel(folder, ["int8"])).graphPath).toBe(quantized);
    rmSync(quantized);
    expect((await obtainModel(folder, ["int8"])).graphPath).toBe(
      join(folder, `onnx/${other}.onnx`),
    );
  });

  describe("of an encoder and a decoder", () => {
    beforeEach(() => {
      rmSync(folder, { recursive: true });
      cpSync(tinyModel("tiny-t5-reranker"), folder, { recursive: true });
    });

    test("takes both in one precision, and counts the bytes of both", async () => {
      const files = await obtainModel(folder, ["int8", "fp32"]);
      expect(files).toMatchObject({
        dtype: "int8",
        graphPath: graphAt("encoder_model_quantized"),
        decoder: { graphPath: graphAt("decoder_model_quantized") },
      });
      const bytes = ["encoder_model_quantized", "decoder_model_quantized"].map(
        (name) => readFileSync(graphAt(name)).length,
      );
      expect(await bytesOf(files)).toBe((bytes[0] ?? 0) + (bytes[1] ?? 0));
    });

    test("takes another precision if the decoder is missing", async () => {
      rmSync(graphAt("decoder_model_quantized"));
      expect(await obtainModel(folder, ["int8", "fp32"])).toMatchObject({
        dtype: "fp32",
        decoder: { graphPath: graphAt("decoder_model") },
      });
      expect(dtypesIn(folder)).toEqual(["int8", "fp32"]);
    });

    test("is as exact as the less exact of the two", async () => {
      cpSync(graphAt("encoder_model"), graphAt("encoder_model_quantized"));
      const int8Kernels = "exact-if-widened";
      const { arithmetic } = await obtainModel(folder, ["int8"], { int8Kernels });
      expect(arithmetic).toBe("int8-widened");
    });

    test("takes a merged decoder only if there is no other", async () => {
      cpSync(graphAt("decoder_model"), graphAt("decoder_model_merged"));
      const both = await obtainModel(folder, ["fp32"]);
      expect(both.decoder?.graphPath).toBe(graphAt("decoder_model"));
      rmSync(graphAt("decoder_model"));
      const merged = await obtainModel(folder, ["fp32"]);
      expect(merged.decoder?.graphPath).toBe(graphAt("decoder_model_merged"));
    });
  });

  test("takes a graph whose products would saturate only if there is no other", async () => {
    const int8Kernels = "saturating";
    const chosen = await obtainModel(folder, ["int8", "fp32"], { int8Kernels });
    expect(chosen).toMatchObject({ dtype: "fp32", arithmetic: "float" });
    const named = await obtainModel(folder, ["int8"], { int8Kernels });
    expect(named).toMatchObject({ dtype: "int8", arithmetic: "int8-saturating" });
    rmSync(join(folder, "onnx/model.onnx"));
    const only = await obtainModel(folder, ["int8", "fp32"], { int8Kernels });
    expect(only).toMatchObject({ dtype: "int8", arithmetic: "int8-saturating" });
  });

  test.each(["tokenizer.json", "config.json"])("without %s is an error", async (name) => {
    rmSync(join(folder, name));
    await expect(obtainModel(folder, ["fp32"])).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining(`Expected ${name} in ${folder}; ONNX graphs found there`),
    });
  });

  test("without the wanted dtype names what was looked for and what is there", async () => {
    const outcome = obtainModel(folder, ["fp16"]);
    await expect(outcome).rejects.toMatchObject({ code: "model-not-found" });
    await expect(outcome).rejects.toThrow(
      /^Expected one of onnx\/model_fp16\.onnx, model_fp16\.onnx in .*; ONNX graphs found there: (onnx\/model\.onnx, onnx\/model_int8\.onnx|onnx\/model_int8\.onnx, onnx\/model\.onnx)\. Pass a folder with .*, or another `dtype`\.$/,
    );
  });

  test("without any graph says so", async () => {
    rmSync(join(folder, "onnx"), { recursive: true });
    await expect(obtainModel(folder, ["fp32"])).rejects.toThrow("ONNX graphs found there: none.");
  });

  test("with a graph that was cut off is an error that names the file", async () => {
    const graphPath = join(folder, "onnx/model.onnx");
    const graph = readFileSync(graphPath);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: graph.length - 1 }), async (length) => {
        writeFileSync(graphPath, graph.subarray(0, length));
        await expect(obtainModel(folder, ["fp32"])).rejects.toMatchObject({
          code: "model-damaged",
          message: expect.stringContaining(graphPath),
        });
      }),
      { numRuns: 30 },
    );
  });

  test.each(["model.onnx", "model.onnx_data"])(
    "with a pointer of Git LFS for %s says how the file is fetched",
    async (name) => {
      const graphs = join(import.meta.dirname, "../../fixtures/graphs/external-data");
      cpSync(graphs, join(folder, "onnx"), { recursive: true });
      const path = join(folder, "onnx", name);
      writeFileSync(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n");
      await expect(obtainModel(folder, ["fp32"])).rejects.toMatchObject({
        code: "model-damaged",
        message: `Expected weights in ${path}, got a Git LFS pointer: run \`git lfs pull\` in the cloned repository.`,
      });
    },
  );

  test("with weights outside the graph asks for all of them", async () => {
    const graphs = join(import.meta.dirname, "../../fixtures/graphs/external-data");
    const weights = join(folder, "onnx/model.onnx_data");
    copyFileSync(join(graphs, "model.onnx"), join(folder, "onnx/model.onnx"));
    await expect(obtainModel(folder, ["fp32"])).rejects.toThrow(
      `Expected onnx/model.onnx_data in ${folder}`,
    );
    const bytes = readFileSync(join(graphs, "model.onnx_data"));
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(weights, bytes.subarray(0, length));
      await expect(obtainModel(folder, ["fp32"])).rejects.toMatchObject({
        code: "model-damaged",
        message: `Expected at least 4 bytes of weights in ${weights}, got ${length}: delete the file and fetch it again.`,
      });
    }
    writeFileSync(weights, bytes);
    expect((await obtainModel(folder, ["fp32"])).graph.externalData).toEqual(["model.onnx_data"]);
  });
});
