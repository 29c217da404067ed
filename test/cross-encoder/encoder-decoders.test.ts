import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { readSettings } from "../../src/model/files/model-settings.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import {
  encoderDecoderGolden,
  expand,
  tinyModel,
  tokenizerDifferences,
} from "../fixtures/golden.ts";
import { riverTexts } from "./river-texts.ts";
import { expectWindowsScoredAlone, scoreOf } from "./score-of.ts";

const t5 = { model: tinyModel("tiny-t5-reranker"), device: "cpu" } as const;
const mt5 = { model: tinyModel("tiny-mt5-reranker"), device: "cpu" } as const;
const texts = riverTexts.slice(0, 12);

const changed = mkdtempSync(join(tmpdir(), "model-"));
afterAll(() => rmSync(changed, { recursive: true, force: true }));

function copyOf({ model }: typeof t5 | typeof mt5): string {
  const folder = mkdtempSync(join(changed, "model-"));
  cpSync(model, folder, { recursive: true });
  return folder;
}

function rewrite(folder: string, file: string, from: string, to: string): void {
  const content = readFileSync(join(folder, file), "utf8");
  expect(content).toContain(from);
  writeFileSync(join(folder, file), content.replace(from, to));
}

describe.each([
  ["tiny-t5-reranker", t5],
  ["tiny-mt5-reranker", mt5],
] as const)("%s", (name, options) => {
  const pairs = encoderDecoderGolden[name];
  const scorer = new OnnxCrossEncoder({ ...options, dtype: "fp32", cache: false });
  afterAll(() => scorer.dispose());

  test("scores each pair as transformers does, alone and among all others", async () => {
    expect(pairs.length).toBeGreaterThanOrEqual(60);
    const together = await Promise.all(
      pairs.map(({ query, text }) => scoreOf(scorer, expand(query), expand(text))),
    );
    const different: string[] = [];
    for (const [index, { query, text, score, ...pair }] of pairs.entries()) {
      const alone = await scoreOf(scorer, expand(query), expand(text));
      const other = together[index] ?? Number.NaN;
      const isEqual = Math.abs(score - alone) < 1e-4 && Math.abs(score - other) < 1e-4;
      if (!isEqual) different.push(pair.name);
    }
    expect(different).toEqual(tokenizerDifferences["tiny-xlm-roberta-reranker"]);
  });

  test("gives the log-probability of pygaggle through the sigmoid", async () => {
    for (const { query, text, log_probability: expected, ...pair } of pairs.slice(0, 20)) {
      const score = await scoreOf(scorer, expand(query), expand(text));
      expect(Math.abs(expected + Math.log1p(Math.exp(-score))), pair.name).toBeLessThan(1e-4);
    }
  });

  test("counts the tokens that it cut", async () => {
    for (const { query, text, truncated, ...pair } of pairs) {
      const { truncatedTokens } = await scorer.score(expand(query), [expand(text)]);
      expect([...truncatedTokens], pair.name).toEqual([truncated]);
    }
  });

  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

test("scores of a quantised model do not depend on the other texts", async () => {
  await using scorer = new OnnxCrossEncoder({ ...t5, dtype: "int8", cache: false });
  const { scores } = await scorer.score("old river", texts);
  const alone = await Promise.all(texts.map((text) => scoreOf(scorer, "old river", text)));
  expect([...scores]).toEqual(alone);
  const { rowsPerRun, dtype, file, decoderFile } = await scorer.info();
  expect({ rowsPerRun, dtype }).toEqual({ rowsPerRun: 1, dtype: "int8" });
  expect([file, decoderFile].map((path = "") => basename(path))).toEqual([
    "encoder_model_quantized.onnx",
    "decoder_model_quantized.onnx",
  ]);
});

test("a merged decoder is used if there is no other, and both files have one hash", async () => {
  await using scorer = new OnnxCrossEncoder(mt5);
  const info = await scorer.info();
  const { file, decoderFile = "" } = info;
  expect(basename(decoderFile)).toBe("decoder_model_merged.onnx");
  const hash = createHash("sha256").update(readFileSync(file)).update(readFileSync(decoderFile));
  expect(info.fileHash).toBe(hash.digest("hex"));
  expect(info.rowsPerRun).toBeGreaterThan(1);
});

test("a graph chosen by `file` brings the decoder of the same name, in any folder", async () => {
  const folder = copyOf(t5);
  for (const part of ["encoder", "decoder"]) {
    renameSync(join(folder, `onnx/${part}_model.onnx`), join(folder, `${part}_model_O3.onnx`));
  }
  await using renamed = new OnnxCrossEncoder({
    ...t5,
    model: folder,
    file: "encoder_model_O3.onnx",
  });
  await using plain = new OnnxCrossEncoder({ ...t5, dtype: "fp32" });
  expect((await renamed.score("old river", texts)).scores).toEqual(
    (await plain.score("old river", texts)).scores,
  );
});

test("windows of a long text have the scores of their texts alone", async () => {
  await expectWindowsScoredAlone({ ...t5, dtype: "fp32" }, 60);
});

test.each([
  ["states none", undefined, 512],
  ["states a number beyond all windows", 1e30, 512],
  ["states more than monoT5 was trained with", 1024, 1024],
])("the window of a tokenizer that %s", async (_what, stated, maxTokens) => {
  const folder = copyOf(mt5);
  const path = join(folder, "tokenizer_config.json");
  const settings = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...settings, model_max_length: stated }));
  expect(await readSettings(folder)).toMatchObject({ maxTokens, positionLimit: Infinity });
});

describe("is refused:", () => {
  test("an instruction, which the prompt has no place for", async () => {
    await using scorer = new OnnxCrossEncoder(t5);
    const outcome = scorer.score("river", ["deep"], { instruction: "Find rivers" });
    await expect(outcome).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected no `instruction`, because .* does not read one/),
    });
  });

  test("vectors of a model that answers", async () => {
    await using embeddings = new OnnxEmbeddings({ ...t5, dtype: "fp32" });
    await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("pass the model to `CrossEncoderReranker`"),
    });
  });

  test.each(["encoder", "decoder"])("a folder without its %s", async (part) => {
    const folder = copyOf(t5);
    rmSync(join(folder, `onnx/${part}_model.onnx`));
    await using scorer = new OnnxCrossEncoder({ ...t5, model: folder, dtype: "fp32" });
    const outcome = scorer.score("river", ["deep"]);
    await expect(outcome).rejects.toMatchObject({ code: "model-not-found" });
    await expect(outcome).rejects.toThrow(`onnx/${part}_model.onnx`);
    await expect(outcome).rejects.toThrow(
      "write both with `optimum-cli export onnx --task text2text-generation --model MODEL FOLDER`",
    );
  });

  test("a file that is not the encoder's", async () => {
    await using scorer = new OnnxCrossEncoder({ ...t5, file: "onnx/decoder_model.onnx" });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected `file` to be the graph of the encoder, such as /),
    });
  });

  test("an encoder and a decoder of another type, by its name", async () => {
    const folder = copyOf(t5);
    rewrite(folder, "config.json", '"model_type": "t5"', '"model_type": "bart"');
    await using scorer = new OnnxCrossEncoder({ ...t5, model: folder });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining("a bart, has an encoder and a decoder, which is supported"),
    });
  });

  test("a vocabulary without the answers", async () => {
    const folder = copyOf(t5);
    rewrite(folder, "tokenizer.json", '"▁true"', '"▁sim"');
    await using scorer = new OnnxCrossEncoder({ ...t5, model: folder });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining('Expected a token "▁true"'),
    });
  });

  test("a tokenizer that does not split at spaces", async () => {
    const folder = copyOf(t5);
    rewrite(folder, "tokenizer.json", '"split": true', '"split": false');
    await using scorer = new OnnxCrossEncoder({ ...t5, model: folder });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringMatching(/^Expected a tokenizer in .* that splits at spaces/),
    });
  });

  test("a decoder that is not of this encoder", async () => {
    const folder = copyOf(t5);
    cpSync(join(folder, "onnx/encoder_model.onnx"), join(folder, "onnx/decoder_model.onnx"));
    await using scorer = new OnnxCrossEncoder({ ...t5, model: folder, dtype: "fp32" });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({ code: "model-mismatch" });
  });
});
