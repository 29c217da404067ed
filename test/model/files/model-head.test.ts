import { describe, expect, test } from "vitest";
import { normalizeText, type UnsupportedModule } from "../../../src/model/files/head-modules.ts";
import type { Pooling } from "../../../src/model/tokens/pooling.ts";
import { headOf, type Head } from "../../../src/model/files/model-head.ts";
import type { ModuleChain } from "../../../src/model/files/module-chain.ts";

const pool = { kind: "pooling", modes: ["cls"], includesPrompt: true } as const;
const score = {
  kind: "dense",
  input: "sentence_embedding",
  output: "scores",
  inputSize: 4,
  outputSize: 1,
  hasBias: true,
  activation: "Identity",
  isResidual: false,
  weights: "4_Dense/model.safetensors",
} as const;
const unknown: UnsupportedModule = {
  kind: "unsupported",
  role: "other",
  output: undefined,
  reason: "the module `custom.Gate` is not supported",
};
const logitScore = { kind: "logit-score", output: "scores", trueToken: 7, falseToken: 5 } as const;
const reranker: ModuleChain = [pool, score];
const embedder: ModuleChain = [pool, normalizeText];

function head(
  kind: Head["kind"],
  outputs: readonly string[],
  chain: ModuleChain,
  pooling?: Pooling,
): Head {
  return headOf(
    kind,
    { graphPath: "model.onnx", graph: { outputs }, settings: { chain } },
    pooling,
  );
}

describe("a graph with the result of the whole model", () => {
  test.each([
    ["embed", ["sentence_embedding"], embedder, "sentence_embedding"],
    ["embed", ["token_embeddings", "sentence_embedding"], embedder, "sentence_embedding"],
    ["embed", ["last_hidden_state", "sentence_embedding"], [pool, unknown], "sentence_embedding"],
    ["score", ["logits"], [], "logits"],
    ["score", ["last_hidden_state", "logits"], [], "logits"],
    ["score", ["last_hidden_state", "logits"], embedder, "logits"],
    ["score", ["last_hidden_state", "scores"], reranker, "scores"],
  ] as const)("to %s from the outputs %o runs no module", (kind, outputs, chain, output) => {
    expect(head(kind, outputs, chain)).toEqual({ kind, output, modules: [] });
  });
});

describe("the logits of a language model", () => {
  const sources = { graphPath: "model.onnx", graph: { outputs: ["logits", "present.0.key"] } };
  const expected = { kind: "score", output: "logits", modules: [], logitScore };

  test("become scores as modules.json says", () => {
    expect(head("score", sources.graph.outputs, [logitScore])).toEqual(expected);
  });

  test("become scores by known answers if no module says", () => {
    const settings = { chain: [], answers: logitScore };
    expect(headOf("score", { ...sources, settings })).toEqual(expected);
    expect(() => headOf("embed", { ...sources, settings })).toThrow(
      "Expected vectors from model.onnx, got only the output `logits`",
    );
  });
});

describe("a graph without it", () => {
  test.each([
    ["embed", ["last_hidden_state"], embedder, "last_hidden_state"],
    ["embed", ["last_hidden_state", "logits"], embedder, "last_hidden_state"],
    ["embed", ["pooler_output", "token_embeddings"], embedder, "token_embeddings"],
    ["embed", ["vectors"], embedder, "vectors"],
    ["embed", ["logits", "vectors"], embedder, "vectors"],
    ["score", ["last_hidden_state"], reranker, "last_hidden_state"],
    // The vector before the last module is not what a reranker needs.
    ["score", ["token_embeddings", "sentence_embedding"], reranker, "token_embeddings"],
  ] as const)("to %s from the outputs %o runs all modules", (kind, outputs, chain, output) => {
    expect(head(kind, outputs, chain)).toEqual({ kind, output, modules: chain });
  });

  test("of one output without a name that is known, and no modules, may hold scores", () => {
    expect(head("score", ["output_0"], [])).toMatchObject({ output: "output_0", modules: [] });
  });
});

describe("the option `pooling`", () => {
  test.each([
    [embedder, [{ ...pool, modes: ["max"] }, normalizeText]],
    [[normalizeText], [{ ...pool, modes: ["max"] }, normalizeText]],
    [[{ ...pool, includesPrompt: false }], [{ ...pool, modes: ["max"], includesPrompt: false }]],
    [[{ ...unknown, role: "pooling" }], [{ ...pool, modes: ["max"] }]],
  ] as const)("replaces the pooling of a chain", (chain, modules) => {
    const outputs = ["last_hidden_state", "sentence_embedding"];
    expect(head("embed", outputs, chain, "max")).toEqual({
      kind: "embed",
      output: "last_hidden_state",
      modules,
    });
  });
});

test("a reranker whose pooling leaves out its prompt is refused", () => {
  const chain = [{ ...pool, includesPrompt: false }, score];
  const sources = { graphPath: "model.onnx", graph: { outputs: ["last_hidden_state"] } };
  expect(headOf("score", { ...sources, settings: { chain } })).toMatchObject({ modules: chain });
  expect(() => headOf("score", { ...sources, settings: { chain, defaultPrompt: "a: " } })).toThrow(
    "that leaves out the prompt is not supported",
  );
});

test.each([
  [
    "embed",
    ["last_hidden_state"],
    reranker,
    "Expected vectors from model.onnx, got the modules of a cross-encoder",
  ],
  ["embed", ["logits"], [], "Expected vectors from model.onnx, got only the output `logits`"],
  ["score", ["last_hidden_state"], embedder, "Expected scores, but neither the graph model.onnx"],
  ["score", ["last_hidden_state"], [], "Expected scores, but neither the graph model.onnx"],
  ["score", ["sentence_embedding"], [], "Expected scores, but neither the graph model.onnx"],
  ["embed", ["last_hidden_state"], [], "says how the token vectors of model.onnx are pooled"],
  [
    "embed",
    ["last_hidden_state"],
    [unknown, pool],
    "but the module `custom.Gate` is not supported",
  ],
  [
    "embed",
    ["last_hidden_state"],
    [{ ...unknown, role: "pooling", reason: 'pooling mode "x" is not supported' }],
    'but pooling mode "x" is not supported: pass the option `pooling` as the model card says, or use',
  ],
  [
    "score",
    ["last_hidden_state"],
    [logitScore],
    "but the last one reads logits, which this graph does not give",
  ],
  [
    "embed",
    ["last_hidden_state"],
    [{ ...score, input: "gate", output: "sentence_embedding" }],
    "but a dense module reads `gate`, which no module writes",
  ],
  ["score", ["sentence_embedding"], reranker, "got `sentence_embedding`: use a graph"],
  ["embed", ["logits"], embedder, "got `logits`: use a graph of this model"],
  [
    "score",
    ["last_hidden_state"],
    [pool, { ...score, input: "token_embeddings" }],
    "but `scores` is written for each token, not for each text",
  ],
  [
    "embed",
    ["last_hidden_state"],
    [pool, { ...score, output: "token_embeddings" }, pool],
    "but a pooling module reads `token_embeddings`, which another module replaced",
  ],
] as const)("to %s from the outputs %o is refused for %o", (kind, outputs, chain, message) => {
  expect(() => head(kind, outputs, chain)).toThrow(
    expect.objectContaining({
      code: "model-mismatch",
      message: expect.stringContaining(message),
    }),
  );
});
