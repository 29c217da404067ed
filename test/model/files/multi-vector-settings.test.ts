import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findModel } from "../../../src/model/files/model-catalog.ts";
import { readSettings } from "../../../src/model/files/model-settings.ts";
import type { MultiVectorSettings } from "../../../src/model/files/multi-vector-settings.ts";

async function settingsOf(
  files: Readonly<Record<string, unknown>>,
  row?: string,
): Promise<MultiVectorSettings | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "multi-vector-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries({ "config.json": {}, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  }
  return (await readSettings(folder, row === undefined ? undefined : findModel(row))).multiVector;
}

describe("the settings of a multi-vector model", () => {
  test.each([
    ["answerdotai/answerai-colbert-small-v1", 96],
    ["colbert-ir/colbertv2.0", 128],
  ])(
    "%s of the catalogue has markers, filled queries and skipped punctuation",
    async (name, dimensions) => {
      const metadata = { doc_maxlen: 300, query_maxlen: 32, attend_to_mask_tokens: false };
      for (const files of [{ "artifact.metadata": metadata }, {}]) {
        const settings = await settingsOf(files, name);
        expect(settings).toMatchObject({ dimensions, isLegacy: true, isAveraged: false });
        const { query, document } = settings?.roles ?? {};
        expect(query).toMatchObject({
          prompt: "[unused0] ",
          expansion: { length: 32, token: "[MASK]", isSeen: false, isWindow: true },
          skippedWords: [],
        });
        expect(document).toMatchObject({ prompt: "[unused1] ", expansion: undefined });
        expect(document?.skippedWords).toHaveLength(32);
        expect(document?.maxTokens).toBe("artifact.metadata" in files ? 300 : undefined);
      }
    },
  );

  test("are those of the older format that PyLate writes, with its defaults", async () => {
    const encoder = {
      model_type: "ColBERT",
      query_prefix: "[Q] ",
      prompts: { query: "[Q] find: " },
    };
    const settings = await settingsOf({ "config_sentence_transformers.json": encoder });
    expect(settings?.roles.query).toMatchObject({
      prompt: "[Q] find: ",
      expansion: { length: 32, isSeen: false, isWindow: true },
    });
    expect(settings?.roles.document.skippedWords).toHaveLength(32);
    const without = { ...encoder, do_query_expansion: false, query_length: 20 };
    const plain = await settingsOf({ "config_sentence_transformers.json": without });
    expect(plain?.roles.query).toMatchObject({ expansion: undefined, maxTokens: 20 });
  });

  test("take the token that fills queries up from the tokenizer's configuration", async () => {
    const files = {
      "config_sentence_transformers.json": { model_type: "MultiVectorEncoder" },
      "sentence_bert_config.json": { query_expansion: { strategy: "min", length: 8 } },
    };
    const tokenOf = async (tokenizer: object): Promise<string | undefined> =>
      (await settingsOf({ ...files, "tokenizer_config.json": tokenizer }))?.roles.query.expansion
        ?.token;
    expect(await tokenOf({ mask_token: "<mask>" })).toBe("<mask>");
    expect(await tokenOf({ mask_token: { content: "<m>" } })).toBe("<m>");
    expect(await tokenOf({ eos_token: "</s>" })).toBe("</s>");
  });

  test("are absent for other models", async () => {
    expect(await settingsOf({})).toBeUndefined();
    const encoder = { model_type: "SentenceTransformer", prompts: {} };
    expect(await settingsOf({ "config_sentence_transformers.json": encoder })).toBeUndefined();
  });
});
