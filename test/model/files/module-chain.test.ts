import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readChain, type ModuleChain } from "../../../src/model/files/module-chain.ts";
import { moduleModel } from "../../fixtures/golden.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

/** The chain of a model whose modules, after its `Transformer`, have these types and configurations. */
async function chainOf(...modules: readonly [string, unknown?][]): Promise<ModuleChain> {
  const folder = await temporaryFolder();
  const list = [{ idx: 0, path: "", type: "sentence_transformers.models.Transformer" }];
  for (const [index, [type, config]] of modules.entries()) {
    const path = `${index + 1}_Module`;
    list.push({ idx: index + 1, path, type });
    if (config !== undefined) write(join(folder, path, "config.json"), config);
  }
  write(join(folder, "modules.json"), list);
  return readChain(folder);
}

function write(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
}

const pooling = "sentence_transformers.models.Pooling";
const dense = "sentence_transformers.models.Dense";
const sizes = { in_features: 4, out_features: 2 };

test("the modules of an Ettin reranker", async () => {
  const folder = moduleModel("modern-bert-reranker");
  const features = { input: "sentence_embedding", output: "sentence_embedding" };
  const linear = { kind: "dense", isResidual: false, inputSize: 32 };
  expect(await readChain(folder)).toEqual([
    { kind: "pooling", modes: ["cls"], includesPrompt: true },
    {
      ...linear,
      ...features,
      outputSize: 32,
      hasBias: false,
      activation: "GELU",
      weights: join(folder, "2_Dense/model.safetensors"),
    },
    {
      kind: "layer-norm",
      ...features,
      size: 32,
      weights: join(folder, "3_LayerNorm/model.safetensors"),
    },
    {
      ...linear,
      input: "sentence_embedding",
      output: "scores",
      outputSize: 1,
      hasBias: true,
      activation: "Identity",
      weights: join(folder, "4_Dense/model.safetensors"),
    },
  ]);
});

describe("pooling", () => {
  test.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, ["cls"]],
    [{ pooling_mode_mean_tokens: true, pooling_mode_cls_token: false }, ["mean"]],
    [{ pooling_mode_lasttoken: true, pooling_mode_max_tokens: true }, ["max", "lasttoken"]],
    [{ pooling_mode_weightedmean_tokens: true }, ["weightedmean"]],
    [{ pooling_mode_mean_sqrt_len_tokens: true }, ["mean_sqrt_len_tokens"]],
    [{ pooling_mode_mean_tokens: false }, ["mean"]],
    [{ pooling_mode: "lasttoken" }, ["lasttoken"]],
    [{ pooling_mode: ["mean", "cls"] }, ["mean", "cls"]],
    [{ pooling_mode: "max", pooling_mode_cls_token: true }, ["max"]],
  ])("of %o has the modes %o", async (config, modes) => {
    expect(await chainOf([pooling, config])).toEqual([
      { kind: "pooling", modes, includesPrompt: true },
    ]);
  });

  test("may leave out the prompt", async () => {
    expect(await chainOf([pooling, { pooling_mode: "mean", include_prompt: false }])).toEqual([
      { kind: "pooling", modes: ["mean"], includesPrompt: false },
    ]);
  });

  test.each([
    [{ pooling_mode: "median" }, /^pooling mode "median" is not supported$/],
    [{ pooling_mode: ["cls", 7] }, /^pooling mode 7 is not supported$/],
    [{ pooling_mode_median: true }, /^pooling mode "median" is not supported$/],
    [{ embedding_dimension: 8 }, /1_Module.config\.json names no pooling mode$/],
  ])("of %o is refused in words", async (config, reason) => {
    expect(await chainOf([pooling, config])).toMatchObject([
      { kind: "unsupported", role: "pooling", reason: expect.stringMatching(reason) },
    ]);
  });

  test("is read from 1_Pooling if there is no modules.json", async () => {
    const folder = await temporaryFolder();
    expect(await readChain(folder)).toEqual([]);
    write(join(folder, "1_Pooling/config.json"), { pooling_mode: "cls" });
    expect(await readChain(folder)).toMatchObject([{ kind: "pooling", modes: ["cls"] }]);
  });
});

describe("a dense module", () => {
  test("has tanh and a bias unless it says otherwise, and writes the feature that it reads", async () => {
    expect(
      await chainOf([dense, { ...sizes, module_input_name: "token_embeddings" }]),
    ).toMatchObject([
      { activation: "Tanh", hasBias: true, input: "token_embeddings", output: "token_embeddings" },
    ]);
  });

  test.each([
    ["torch.nn.modules.activation.SiLU", "SiLU"],
    ["torch.nn.modules.linear.Identity", "Identity"],
    ["torch.nn.ReLU", "ReLU"],
  ])("with %s has the activation %s", async (activation, name) => {
    const config = { ...sizes, activation_function: activation };
    expect(await chainOf([dense, config])).toMatchObject([{ activation: name }]);
  });

  test.each(["torch.nn.modules.activation.Softsign", "transformers.activations.GELUTanh", 7, null])(
    "with the activation %s is refused by name",
    async (activation) => {
      const config = { ...sizes, activation_function: activation, module_output_name: "scores" };
      expect(await chainOf([dense, config])).toEqual([
        {
          kind: "unsupported",
          role: "other",
          output: "scores",
          reason: `the activation function ${JSON.stringify(activation)} is not supported`,
        },
      ]);
    },
  );

  test.each([
    [{ in_features: 4 }, "Expected `out_features` in"],
    [{ ...sizes, in_features: 0.5 }, "Expected `in_features` in"],
    [{ ...sizes, module_output_name: 7 }, "Expected `module_output_name` in"],
    ["no object", "Expected JSON in"],
    [undefined, "Expected `in_features` in"],
  ])(
    "with the configuration %o is damaged, which counts once it is needed",
    async (config, message) => {
      expect(await chainOf([dense, config])).toMatchObject([
        {
          kind: "unsupported",
          reason: { code: "model-damaged", message: expect.stringContaining(message) },
        },
      ]);
    },
  );
});

describe("modules.json", () => {
  test.each([
    "sentence_transformers.models.Normalize",
    "sentence_transformers.sentence_transformer.modules.normalize.Normalize",
    "sentence_transformers.base.modules.normalize.Normalize",
  ])("may name %s", async (type) => {
    expect(await chainOf([type])).toEqual([
      { kind: "normalize", input: "sentence_embedding", output: "sentence_embedding" },
    ]);
  });

  test.each([
    "sentence_transformers.sparse_encoder.modules.splade_pooling.SpladePooling",
    "sentence_transformers.base.modules.transformer.Transformer",
    "custom_model.Dense",
  ])("names %s, which is refused by its name", async (type) => {
    expect(await chainOf([type, {}])).toMatchObject([
      { kind: "unsupported", role: "other", reason: `the module \`${type}\` is not supported` },
    ]);
  });

  const logitScore = "sentence_transformers.cross_encoder.modules.logit_score.LogitScore";

  test.each([
    [{ true_token_id: 9693, false_token_id: 2152 }, 2152],
    [{ true_token_id: 9693, false_token_id: null }, undefined],
  ])("may name the tokens of answers %o", async (config, falseToken) => {
    expect(await chainOf([logitScore, config])).toEqual([
      { kind: "logit-score", output: "scores", trueToken: 9693, falseToken },
    ]);
  });

  test.each([[{}], [{ true_token_id: -1 }]])(
    "cannot be used if an answer has no token: %o",
    async (config) => {
      expect(await chainOf([logitScore, config])).toMatchObject([
        {
          kind: "unsupported",
          reason: {
            code: "model-damaged",
            message: expect.stringContaining("Expected `true_token_id` in "),
          },
        },
      ]);
    },
  );

  test("may name a type that is unsafe to print, and long", async () => {
    expect(await chainOf([`\u001b[31m\u202e${"x".repeat(500)}`])).toMatchObject([
      { reason: expect.stringMatching(/^the module `\\u001b\[31m\\u202ex{50,110}…` is not/) },
    ]);
  });

  test("may name a dropout, which does nothing here", async () => {
    expect(await chainOf(["sentence_transformers.models.Dropout", { dropout: 0.2 }])).toEqual([]);
  });

  test.each([
    [{ type: pooling, path: "../other" }],
    [{ type: pooling, path: "/etc" }],
    [{ type: pooling, path: 7 }],
    [{ type: pooling, path: "a\u202e" }],
    [{ type: pooling, path: "a".repeat(300) }],
    [{ path: "1_Pooling" }],
    ["Pooling"],
  ])("with the entry %o is damaged", async (entry) => {
    const folder = await temporaryFolder();
    write(join(folder, "modules.json"), [entry]);
    await expect(readChain(folder)).rejects.toMatchObject({
      code: "model-damaged",
      message: expect.stringContaining('to have a "type" and a "path" inside the folder'),
    });
  });
});
