import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findModel } from "../../../src/model/files/model-catalog.ts";
import { readSettings } from "../../../src/model/files/model-settings.ts";
import { tinyModel } from "../../fixtures/golden.ts";

const bundled = join(import.meta.dirname, "../../../models");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "model-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const poolingBy = (mode: string): object => ({
  kind: "pooling",
  modes: [mode],
  includesPrompt: true,
});
const normalize = {
  kind: "normalize",
  input: "sentence_embedding",
  output: "sentence_embedding",
};

/** The settings of a folder with these files. */
function settingsOf(
  files: Readonly<Record<string, unknown>>,
  row?: Parameters<typeof readSettings>[1],
): ReturnType<typeof readSettings> {
  for (const [name, content] of Object.entries({ "config.json": {}, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return readSettings(folder, row);
}

describe("readSettings", () => {
  test("reads the files of a bi-encoder; its own limit wins over the tokenizer's", async () => {
    expect(await readSettings(tinyModel("tiny-bert-embedder"))).toEqual({
      maxTokens: 128,
      positionLimit: 512,
      padToken: 0,
      truncation: "longest-first",
      chain: [poolingBy("cls"), normalize],
      queryPrefix: "",
      documentPrefix: "",
      defaultPrompt: "",
    });
  });

  test("reads the files of an XLM-R cross-encoder: 514 positions hold 512 tokens", async () => {
    expect(await readSettings(tinyModel("tiny-xlm-roberta-reranker"))).toMatchObject({
      maxTokens: 512,
      positionLimit: 512,
      padToken: 1,
      chain: [],
    });
  });

  test.each(["all-MiniLM-L6-v2", "rerank-minilm-l6", "rerank-minilm-l3"])(
    "finds in the files of %s what its row says",
    async (name) => {
      const row = findModel(name);
      expect(row).toBeDefined();
      expect(await readSettings(join(bundled, name))).toEqual(
        await readSettings(join(bundled, name), row),
      );
    },
  );
});

describe("the window", () => {
  test.each([
    ["bert", 512, 0, 512],
    ["roberta", 514, 1, 512],
    ["xlm-roberta", 8194, 1, 8192],
    ["camembert", 514, 1, 512],
    ["mpnet", 514, 1, 512],
    ["deberta-v2", 512, 0, 512],
  ])("of %s with %i positions and padding %i is %i tokens", async (type, positions, pad, limit) => {
    const settings = await settingsOf({
      "config.json": { model_type: type, max_position_embeddings: positions, pad_token_id: pad },
      "tokenizer_config.json": { model_max_length: 1e30 },
    });
    expect(settings).toMatchObject({ maxTokens: limit, positionLimit: limit, padToken: pad });
  });

  test("is what the files say, at most 8192 if they set no limit", async () => {
    const unlimited = { "tokenizer_config.json": { model_max_length: 1e30 } };
    expect((await settingsOf({})).maxTokens).toBe(8192);
    expect(await settingsOf(unlimited)).toMatchObject({ maxTokens: 8192, positionLimit: Infinity });
    const limited = { "tokenizer_config.json": { model_max_length: 300 } };
    expect((await settingsOf(limited)).maxTokens).toBe(300);
  });

  test("is what the row says, but never more than the positions", async () => {
    const row = findModel("bge-reranker-base");
    const tokenizer = { "tokenizer_config.json": { model_max_length: 100 } };
    const config = { model_type: "xlm-roberta", pad_token_id: 1 };
    for (const [positions, limit] of [
      [514, 512],
      [258, 256],
    ]) {
      const stated = { "config.json": { ...config, max_position_embeddings: positions } };
      expect((await settingsOf({ ...tokenizer, ...stated }, row)).maxTokens).toBe(limit);
    }
  });
});

describe("the other settings", () => {
  test("the query prefix is the prompt named query", async () => {
    const named = { "config_sentence_transformers.json": { prompts: { query: "query: " } } };
    expect((await settingsOf(named)).queryPrefix).toBe("query: ");
    const other = { "config_sentence_transformers.json": { prompts: { passage: "p: " } } };
    expect((await settingsOf(other)).queryPrefix).toBe("");
  });

  test("a row wins over the files", async () => {
    const files = {
      "1_Pooling/config.json": { pooling_mode_mean_tokens: true },
      "config_sentence_transformers.json": { prompts: { query: "other: " } },
    };
    expect(await settingsOf(files, findModel("bge-small"))).toMatchObject({
      chain: [poolingBy("cls"), normalize],
      queryPrefix: "Represent this sentence for searching relevant passages: ",
    });
    expect(await settingsOf(files, findModel("bge-reranker-base"))).toMatchObject({
      truncation: "only-second",
    });
  });

  test.each(["config.json", "modules.json"])(
    "a damaged %s is an error that names it",
    async (name) => {
      await settingsOf({ [name]: {} });
      writeFileSync(join(folder, name), "<!doctype html>");
      await expect(readSettings(folder)).rejects.toMatchObject({
        code: "model-damaged",
        message: `Expected JSON in ${join(folder, name)}, got something else: delete the file and fetch it again.`,
      });
    },
  );

  test("a damaged 1_Pooling/config.json is an error once a graph needs it", async () => {
    const name = "1_Pooling/config.json";
    await settingsOf({ [name]: {} });
    writeFileSync(join(folder, name), "<!doctype html>");
    const reason = {
      code: "model-damaged",
      message: `Expected JSON in ${join(folder, name)}, got something else: delete the file and fetch it again.`,
    };
    expect(await readSettings(folder)).toMatchObject({ chain: [{ role: "pooling", reason }] });
  });

  test("a pointer of Git LFS in the place of a file says how the file is fetched", async () => {
    await settingsOf({ "config.json": {} });
    const path = join(folder, "tokenizer_config.json");
    writeFileSync(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n");
    await expect(readSettings(folder)).rejects.toMatchObject({
      code: "model-damaged",
      message: `Expected JSON in ${path}, got a Git LFS pointer: run \`git lfs pull\` in the cloned repository.`,
    });
  });

  test.each([
    ["config.json", "max_position_embeddings", 5.12],
    ["config.json", "pad_token_id", -2],
    ["tokenizer_config.json", "model_max_length", -12],
    ["sentence_bert_config.json", "max_seq_length", 0],
  ])("of %s the number %s cannot be %s", async (file, name, value) => {
    await expect(settingsOf({ [file]: { [name]: value } })).rejects.toMatchObject({
      code: "model-damaged",
      message: expect.stringMatching(
        `^Expected \`${name}\` in .*${file} to be a whole number of at least .*, got ${value}: delete the file`,
      ),
    });
  });
});
