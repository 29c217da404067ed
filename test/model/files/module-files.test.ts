import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { OnnxCrossEncoder } from "../../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../../src/embeddings/onnx-embeddings.ts";
import { obtainModel, plannedDownload } from "../../../src/model/files/model-files.ts";
import { verifyFiles } from "../../../src/model/files/verify-files.ts";
import { expand, moduleGolden, moduleModel } from "../../fixtures/golden.ts";
import { float32, safetensors } from "../../fixtures/safetensors.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";
import { HubStub } from "./hub-stub.ts";

const fixture = moduleModel("modern-bert-reranker");
const weights = "2_Dense/model.safetensors";

afterEach(() => vi.unstubAllEnvs());

async function copied(name = "modern-bert-reranker"): Promise<string> {
  const folder = await temporaryFolder();
  cpSync(moduleModel(name), folder, { recursive: true });
  return folder;
}

/** What scoring with a model says. */
async function scoring(model: string): Promise<unknown> {
  await using scorer = new OnnxCrossEncoder({ model, device: "cpu" });
  return await scorer.score("river", ["deep"]);
}

describe("the weights of a module", () => {
  test("that is missing are named, with the module that lacks them", async () => {
    const folder = await copied();
    rmSync(join(folder, weights));
    await expect(scoring(folder)).rejects.toMatchObject({
      code: "model-not-found",
      message: `Expected ${weights} in ${folder}, which modules.json names, got no such file: fetch the model again, or pass a folder or repository that has the file.`,
    });
  });

  test("in the older format are not read, and the error says how they are converted", async () => {
    const folder = await copied();
    renameSync(join(folder, weights), join(folder, "2_Dense/pytorch_model.bin"));
    await expect(scoring(folder)).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringMatching(
        /^Expected 2_Dense\/model\.safetensors in .*, got only 2_Dense\/pytorch_model\.bin, .* `save_pretrained`/,
      ),
    });
  });

  test.each([
    [
      "that is cut off",
      (path: string) => readFileSync(path).subarray(0, -1),
      "1 bytes are missing",
    ],
    [
      "with a pointer of Git LFS in their place",
      () => "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n",
      "a Git LFS pointer",
    ],
    [
      "whose tensors overlap",
      () => safetensors({ a: float32([1], [1]), b: float32([1], [1]) }, ({ a }) => ({ a, b: a })),
      "overlaps",
    ],
  ])("%s are damaged", async (_what, contentOf, message) => {
    const folder = await copied();
    const path = join(folder, weights);
    writeFileSync(path, contentOf(path));
    const outcome = scoring(folder);
    await expect(outcome).rejects.toMatchObject({ code: "model-damaged" });
    await expect(outcome).rejects.toThrow(path);
    await expect(outcome).rejects.toThrow(message);
  });

  test("of another module do not fit", async () => {
    const folder = await copied();
    copyFileSync(join(folder, "4_Dense/model.safetensors"), join(folder, weights));
    await expect(scoring(folder)).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringMatching(
        /^Expected linear\.weight \[32, 32\] in .*, got linear\.bias \[1\], linear\.weight \[1, 32\]:/,
      ),
    });
  });

  test("are not needed by a graph of the whole model", async () => {
    const folder = await copied("embedder-dense");
    copyFileSync(moduleModel("whole-graphs/vector.onnx"), join(folder, "onnx/model.onnx"));
    rmSync(join(folder, weights));
    await using embeddings = new OnnxEmbeddings({ model: folder, device: "cpu" });
    expect(await embeddings.embedQuery("river")).toHaveLength(24);
    // Its token vectors, pooled anew, need the other modules.
    copyFileSync(
      moduleModel("whole-graphs/vector-and-tokens.onnx"),
      join(folder, "onnx/model.onnx"),
    );
    await using pooled = new OnnxEmbeddings({ model: folder, device: "cpu", pooling: "cls" });
    await expect(pooled.embedQuery("river")).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringMatching(
        /^Expected model\.safetensors in .*2_Dense, which modules\.json/,
      ),
    });
  });
});

test("a graph of the whole model needs no module's configuration", async () => {
  const whole = await copied("classic-reranker");
  const folder = await copied("bert-reranker");
  copyFileSync(join(whole, "onnx/model.onnx"), join(folder, "onnx/model.onnx"));
  const expected = await scoring(folder);
  writeFileSync(join(folder, "1_Pooling/config.json"), "{");
  for (const name of ["2_Dense", "3_LayerNorm", "4_Dense"]) {
    rmSync(join(folder, name), { recursive: true });
  }
  expect(await scoring(folder)).toEqual(expected);
});

test("a module without its configuration is named once a graph needs it", async () => {
  const folder = await copied();
  const path = join(folder, "4_Dense/config.json");
  rmSync(path);
  await expect(scoring(folder)).rejects.toMatchObject({
    code: "model-damaged",
    message: expect.stringContaining(`Expected \`in_features\` in ${path} to be a whole number`),
  });
});

test.each(["modules.json", "tokenizer.json", "onnx/model.onnx", weights])(
  "a folder in place of %s is an error that names it",
  async (name) => {
    const folder = await copied();
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
    await expect(scoring(folder)).rejects.toMatchObject({
      name: "RetrievalError",
      message: expect.stringContaining(join(folder, name)),
    });
  },
);

test("weights of many tensors are not all listed", async () => {
  const folder = await copied();
  const tensors = Array.from({ length: 2000 }, (_, index) => [`t${index}`, float32([0], [])]);
  writeFileSync(join(folder, weights), safetensors(Object.fromEntries(tensors)));
  const error = await scoring(folder).catch((caught: Error) => caught);
  expect(error).toMatchObject({ code: "model-mismatch" });
  expect(String(error).length).toBeLessThan(1500);
});

test("weights that are not numbers are damaged", async () => {
  const folder = await copied();
  const values = Array.from({ length: 32 * 32 }, () => Number.NaN);
  const tensors = { "linear.weight": float32([32, 32], values) };
  writeFileSync(join(folder, weights), safetensors(tensors));
  await expect(scoring(folder)).rejects.toMatchObject({
    code: "model-damaged",
    message: expect.stringContaining("linear.weight holds NaN or infinity"),
  });
});

test("a graph that `file` names and that is not there is said without `dtype`", async () => {
  const model = await copied();
  await using scorer = new OnnxCrossEncoder({ model, device: "cpu", file: "onnx/other.onnx" });
  await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
    code: "model-not-found",
    message: `Expected onnx/other.onnx in ${model}; ONNX graphs found there: ${join("onnx", "model.onnx")}. Pass the path of a graph that is there as \`file\`, or omit \`file\`.`,
  });
});

test("a path that is not written as the hub does is refused with what is expected", () => {
  expect(() => new OnnxCrossEncoder({ file: "./onnx/model.onnx" })).toThrow(
    "with `/` and without `.` and `..`",
  );
});

test("a model with a module of its own is refused, and the module named", async () => {
  const folder = await copied();
  const path = join(folder, "modules.json");
  const modules = readFileSync(path, "utf8");
  writeFileSync(path, modules.replace(/[\w.]+\.LayerNorm"/, 'custom_head.Gate"'));
  await expect(scoring(folder)).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringContaining("but the module `custom_head.Gate` is not supported"),
  });
});

/** A hub with the model, and an empty cache. */
async function published(): Promise<HubStub> {
  const hub = await HubStub.start();
  onTestFinished(() => hub.close());
  hub.addFolder("tiny/ettin", fixture);
  const cache = await temporaryFolder();
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_TOKEN_PATH", join(cache, "no-token"));
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, undefined);
  return hub;
}

describe("a model in modules on the hub", () => {
  test("is planned, fetched and verified with the files of its modules", async () => {
    await published();
    const planned = (await plannedDownload("tiny/ettin", ["fp32"])).map(({ file }) => file);
    const { folder } = await obtainModel("tiny/ettin", ["fp32"]);
    const files = (await verifyFiles(folder)).map(({ path }) => path);
    expect(files).toEqual(
      expect.arrayContaining([
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
        "3_LayerNorm/model.safetensors",
        "4_Dense/model.safetensors",
      ]),
    );
    expect(planned.concat("modules.json").toSorted()).toEqual(files.toSorted());
    expect(await plannedDownload("tiny/ettin", ["fp32"])).toEqual([]);
    const states = (await verifyFiles(folder)).map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(["same"]));
  });

  test("gives the scores of sentence-transformers", async () => {
    await published();
    await using scorer = new OnnxCrossEncoder({ model: "tiny/ettin", device: "cpu" });
    const [[query, text] = ["", ""]] = moduleGolden.pairs;
    const { scores } = await scorer.score(expand(query), [expand(text)]);
    const [expected] = moduleGolden.rerankers["modern-bert-reranker"] ?? [];
    expect(Math.abs((scores[0] ?? Number.NaN) - (expected ?? Number.NaN))).toBeLessThan(1e-4);
  });

  test("with weights that are cut off leaves no such file", async () => {
    const hub = await published();
    const bytes = readFileSync(join(fixture, weights)).subarray(0, -4);
    hub.add("tiny/ettin", weights, { bytes });
    const outcome = obtainModel("tiny/ettin", ["fp32"]);
    await expect(outcome).rejects.toMatchObject({ code: "download-failed" });
    await expect(outcome).rejects.toThrow("the downloaded file is damaged");
    const { folder } = await obtainModel("tiny/ettin", ["fp32"]).catch(() => ({ folder: "" }));
    expect(existsSync(join(folder, weights))).toBe(false);
  });

  test("that has only the older format says so", async () => {
    const hub = await published();
    hub.remove("tiny/ettin", weights);
    hub.add("tiny/ettin", "2_Dense/pytorch_model.bin", { bytes: Buffer.from("PK") });
    await expect(obtainModel("tiny/ettin", ["fp32"])).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining("got only 2_Dense/pytorch_model.bin"),
    });
  });
});
