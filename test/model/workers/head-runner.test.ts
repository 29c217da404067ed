import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  activationNames,
  type DenseModule,
  type HeadModule,
  type LayerNormModule,
} from "../../../src/model/files/head-modules.ts";
import { loadHead } from "../../../src/model/workers/head-runner.ts";
import type { TokenVectors } from "../../../src/model/tokens/pooling.ts";
import { moduleGolden } from "../../fixtures/golden.ts";
import { float32, safetensors, type TensorBytes } from "../../fixtures/safetensors.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

/** Two rows of two and one tokens, the second with padding. */
const tokens: TokenVectors = {
  values: Float32Array.of(1, 2, 3, 6, -5, 8, 100, 100),
  width: 2,
  length: 2,
  counts: Int32Array.of(2, 1),
  prompts: Int32Array.of(1, 0),
};

const pool = { kind: "pooling", modes: ["mean"], includesPrompt: true } as const;

function denseOf(weights: string, change: Partial<DenseModule> = {}): DenseModule {
  return {
    kind: "dense",
    input: "sentence_embedding",
    output: "sentence_embedding",
    inputSize: 2,
    outputSize: 2,
    hasBias: false,
    activation: "Identity",
    isResidual: false,
    weights,
    ...change,
  };
}

async function fileOf(tensors: Readonly<Record<string, TensorBytes>>): Promise<string> {
  const path = join(await temporaryFolder(), "model.safetensors");
  writeFileSync(path, safetensors(tensors));
  return path;
}

async function resultOf(
  modules: readonly HeadModule[],
  given: Partial<TokenVectors> = {},
): Promise<number[]> {
  const run = await loadHead({ kind: "embed", output: "last_hidden_state", modules });
  return [...run({ ...tokens, ...given }).values];
}

describe("pooling", () => {
  test.each([
    ["cls", [1, 2, -5, 8]],
    ["max", [3, 6, -5, 8]],
    ["mean", [2, 4, -5, 8]],
    ["mean_sqrt_len_tokens", [4 / Math.SQRT2, 8 / Math.SQRT2, -5, 8]],
    ["weightedmean", [7 / 3, 14 / 3, -5, 8]],
    ["lasttoken", [3, 6, -5, 8]],
  ] as const)("by %s reads no padding", async (mode, expected) => {
    const found = await resultOf([{ ...pool, modes: [mode] }]);
    expect(found).toEqual([...Float32Array.from(expected)]);
  });

  test("of several modes concatenates them in their order", async () => {
    expect(await resultOf([{ ...pool, modes: ["lasttoken", "cls"] }])).toEqual([
      3, 6, 1, 2, -5, 8, -5, 8,
    ]);
  });

  test.each([
    ["cls", 3],
    ["max", 3],
    ["mean", 3],
    ["weightedmean", 3],
    ["lasttoken", 3],
  ] as const)("by %s leaves out the prompt if the model does", async (mode, expected) => {
    const [first] = await resultOf([{ ...pool, modes: [mode], includesPrompt: false }]);
    expect(first).toBe(expected);
  });

  test.each([
    ["cls", 1],
    ["max", -Infinity],
    ["mean", 0],
    ["weightedmean", 0],
    ["lasttoken", 0],
  ] as const)(
    "by %s of a row that is all prompt gives what torch gives",
    async (mode, expected) => {
      const modules = [{ ...pool, modes: [mode], includesPrompt: false }];
      expect((await resultOf(modules, { prompts: Int32Array.of(5, 0) }))[0]).toBe(expected);
    },
  );
});

test.each(activationNames)("%s is that of torch", async (activation) => {
  const { Identity: inputs = [], [activation]: expected = [] } = moduleGolden.activations;
  const weights = await fileOf({ "linear.weight": float32([1, 1], [1]) });
  const found = await resultOf(
    [pool, denseOf(weights, { inputSize: 1, outputSize: 1, activation })],
    {
      values: Float32Array.from(inputs),
      width: 1,
      length: 1,
      counts: new Int32Array(inputs.length).fill(1),
      prompts: new Int32Array(inputs.length),
    },
  );
  expect(found.length).toBeGreaterThan(30);
  // Torch computes in single precision, and GELU by an approximation that is off by 1.5e-7 at most.
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index] ?? 9, 5);
});

describe("weights", () => {
  const matrix = float32([2, 2], [1, 0, 0, 1]);
  const bias = float32([2], [0, 0]);

  test.each([
    ["without a tensor", { "linear.bias": bias }, "got linear.bias [2]:"],
    ["without any", {}, "got no tensors:"],
    ["of another shape", { "linear.weight": float32([1, 2], [1, 0]) }, "got linear.weight [1, 2]:"],
    [
      "with one too many",
      { "linear.weight": matrix, "linear.bias": bias },
      "got linear.bias [2], linear.weight [2, 2]:",
    ],
  ])("%s do not fit their configuration", async (_what, tensors, got) => {
    const path = await fileOf(tensors);
    await expect(resultOf([pool, denseOf(path)])).rejects.toMatchObject({
      code: "model-mismatch",
      message: `Expected linear.weight [2, 2] in ${path}, as the config.json beside it says, ${got} use both files from the same model.`,
    });
  });

  test("of a layer norm are its scale and shift", async () => {
    const path = await fileOf({ "norm.weight": matrix });
    const module: LayerNormModule = {
      kind: "layer-norm",
      input: "sentence_embedding",
      output: "sentence_embedding",
      size: 2,
      weights: path,
    };
    await expect(resultOf([pool, module])).rejects.toThrow(
      "Expected norm.bias [2], norm.weight [2] in",
    );
  });

  test("for vectors of another size than the graph's are refused when they run", async () => {
    const path = await fileOf({ "linear.weight": float32([2, 3], [1, 0, 0, 1, 0, 0]) });
    await expect(resultOf([pool, denseOf(path, { inputSize: 3 })])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("Expected vectors of 3 numbers in `sentence_embedding`"),
    });
  });
});

test("a reranker gives one or two numbers, and a classifier of more labels is refused", async () => {
  const path = await fileOf({ "linear.weight": float32([3, 2], [1, 0, 0, 1, 1, 1]) });
  const labels = denseOf(path, { outputSize: 3, output: "scores" });
  const run = await loadHead({ kind: "score", output: "", modules: [pool, labels] });
  expect(() => run(tokens)).toThrow(
    expect.objectContaining({
      code: "model-mismatch",
      message: expect.stringContaining(
        "Expected one or two numbers in `scores` for each text, got 3",
      ),
    }),
  );
});

test("a head of tokens gives each row a vector for each of its tokens, without the padding", async () => {
  const run = await loadHead({ kind: "tokens", output: "", modules: [] });
  const values = Float32Array.from({ length: 12 }, (_, index) => index);
  const padded = { values, width: 2, length: 3, counts: Int32Array.of(3, 1) };
  const found = run({ ...padded, prompts: new Int32Array(2) });
  expect([...found.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...found.ends]).toEqual([6, 8]);
});
