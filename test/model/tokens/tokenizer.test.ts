import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "../../../src/model/tokens/tokenizer.ts";
import { wellFormed } from "../../../src/text/well-formed.ts";
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

async function definitionWith(change: object): Promise<{ path: string; definition: object }> {
  const file = join(tinyModel("tiny-qwen3-embedder"), "tokenizer.json");
  const definition = { ...JSON.parse(await readFile(file, "utf8")), ...change };
  const path = join(await temporaryFolder(), "tokenizer.json");
  await writeFile(path, JSON.stringify(definition));
  return { path, definition };
}

describe("byte-level BPE", () => {
  const pieces = oneof(
    constantFrom(
      ..." |  |   |\n|\n\n| \n |\t|\r\n|\u00A0|\u3000|\u0085".split("|"),
      ..."river|rivers|River's|they'll|don't|x1|2026|3.14|...|?!|-|_|(a)".split("|"),
      ..."深い川|é|e\u0301|\u0301|😀|👩‍🔬|\uD83D|Σ|ΑΣ|<|endoftext|>|[MASK]".split("|"),
      "<|endoftext|>",
      " <|endoftext|> ",
    ),
    string({ unit: "grapheme", maxLength: 4 }),
  );
  const texts = array(pieces, { maxLength: 30 }).map((parts) => parts.join(""));
  const splitters = {
    "its own splitter": undefined,
    "GPT-2's splitter": { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    "a prefix space": { type: "ByteLevel", add_prefix_space: true, use_regex: true },
  };

  test.each(Object.entries(splitters))(
    "with %s gives the tokens of the whole text, though words are cached",
    async (_name, splitter) => {
      const { path, definition } = await definitionWith(
        splitter ? { pre_tokenizer: splitter } : {},
      );
      const encode = await loadTokenizer(path);
      const whole = new Tokenizer(definition, {});
      assert(
        property(texts, (text) => {
          const { ids } = whole.encode(wellFormed(text), { add_special_tokens: false });
          expect(encode(text)).toEqual(ids);
        }),
        { numRuns: 500, seed: 7 },
      );
    },
  );

  test("is not cached by words if an added token takes the space after it", async () => {
    const token = { id: 2, content: "river", rstrip: true, lstrip: false, special: false };
    const { path, definition } = await definitionWith({ added_tokens: [token] });
    const encode = await loadTokenizer(path);
    const { ids } = new Tokenizer(definition, {}).encode("old river bank", {
      add_special_tokens: false,
    });
    expect(encode("old river bank")).toEqual(ids);
  });
});
