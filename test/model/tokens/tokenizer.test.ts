import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTokenizer } from "../../../src/model/tokens/tokenizer.ts";
import { tinyModel } from "../../fixtures/golden.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

test("keeps a capital sigma for a tokenizer that keeps capitals", async () => {
  const path = join(tinyModel("tiny-bert-reranker"), "tokenizer.json");
  const cased = join(await temporaryFolder(), "tokenizer.json");
  const definition = JSON.parse(await readFile(path, "utf8"));
  const { model } = definition;
  // The vocabulary is lower-case: a capital letter that is kept is an unknown word.
  const unknown = model.vocab[model.unk_token];
  Object.assign(definition.normalizer, { lowercase: false });
  await writeFile(cased, JSON.stringify(definition));
  const [encode, encodeCased] = await Promise.all([path, cased].map(loadTokenizer));
  expect(encode?.("Σ")).toEqual(encode?.("σ"));
  expect(encodeCased?.("Σ")).toEqual([unknown]);
  expect(encodeCased?.("σ")).not.toEqual([unknown]);
});
