import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTemplates } from "../../../src/model/tokens/pair-template.ts";
import {
  findCutSeparators,
  findTokenizerFaults,
} from "../../../src/model/files/tokenizer-faults.ts";
import { tinyModel, tinyRerankers } from "../../fixtures/golden.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

/** A copy of the tiny BERT with another text in place of something in one of its files. */
async function changed(file: string, change: (text: string) => string): Promise<string> {
  const folder = await temporaryFolder();
  cpSync(tinyModel("tiny-bert-reranker"), folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
  return folder;
}

test.each([...tinyRerankers, "tiny-qwen3-reranker", "tiny-logit-reranker"])(
  "finds nothing wrong with the tokenizer of %s",
  async (name) => {
    expect(await findTokenizerFaults(tinyModel(name))).toEqual([]);
  },
);

test("names the tokenizer of another model by its vocabulary and its padding token", async () => {
  const other = readFileSync(
    join(tinyModel("tiny-xlm-roberta-reranker"), "tokenizer.json"),
    "utf8",
  );
  const folder = await changed("tokenizer.json", () => other);
  expect(await findTokenizerFaults(folder)).toEqual([
    "it has 476 token ids, but config.json says 620",
    "the id of its padding token [PAD] is missing, but config.json says 0",
  ]);
});

function sized(size: number): Promise<string> {
  return changed("config.json", (text) =>
    text.replace('"vocab_size": 620', `"vocab_size": ${size}`),
  );
}

test("refuses more token ids than vectors, and takes a table that is a little padded", async () => {
  expect(await findTokenizerFaults(await sized(619))).toEqual([
    "it has 620 token ids, but config.json says 619",
  ]);
  expect(await findTokenizerFaults(await sized(630))).toEqual([]);
});

test("names a template without a separator between the texts", async () => {
  const folder = await changed("tokenizer.json", (text) => {
    const tokenizer = JSON.parse(text);
    tokenizer.post_processor.pair = tokenizer.post_processor.pair.filter(
      (_piece: unknown, place: number) => place !== 2,
    );
    return JSON.stringify(tokenizer);
  });
  expect(await findTokenizerFaults(folder)).toEqual(["no separator between the two texts"]);
});

test("a text far over the limit keeps the special tokens of both kinds of truncation", () => {
  const path = join(tinyModel("tiny-xlm-roberta-reranker"), "tokenizer.json");
  const templates = readTemplates(JSON.parse(readFileSync(path, "utf8")), path);
  for (const truncation of ["longest-first", "only-second"] as const) {
    expect(findCutSeparators(templates, { maxTokens: 64, truncation })).toEqual([]);
  }
});
