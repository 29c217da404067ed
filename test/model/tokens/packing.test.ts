import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  packPair,
  packText,
  roomBeside,
  type PackingOptions,
} from "../../../src/model/tokens/packing.ts";
import { readTemplates } from "../../../src/model/tokens/pair-template.ts";
import { loadTokenizer } from "../../../src/model/tokens/tokenizer.ts";
import { crossEncoderGolden, expand, tinyModel } from "../../fixtures/golden.ts";

/** Token ids that stand for themselves: 1000, 1001, … */
const tokens = (count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, index) => 1000 + index);

function packingOf(
  model: string,
  { maxTokens, truncation }: Omit<PackingOptions, "templates">,
): PackingOptions {
  const path = join(tinyModel(model), "tokenizer.json");
  const templates = readTemplates(JSON.parse(readFileSync(path, "utf8")), path);
  return { templates, maxTokens, truncation };
}

describe.each(["tiny-bert-reranker", "tiny-xlm-roberta-reranker"] as const)("%s", (model) => {
  const { pairs, only_second: onlySecond = [], longest_first: kept } = crossEncoderGolden[model];

  test("cuts every combination of lengths as Hugging Face tokenizers do", () => {
    for (const [query, text, maxTokens, keptQuery, keptText] of kept) {
      const options = packingOf(model, { maxTokens, truncation: "longest-first" });
      const packed = packPair(tokens(query), tokens(text), options);
      const specials = options.templates.pair.filter((piece) => "token" in piece).length;
      const label = `${query} and ${text} tokens in ${maxTokens}`;
      expect(packed.ids.length, label).toBe(keptQuery + keptText + specials);
      expect(packed.truncatedTokens, label).toBe(query - keptQuery + text - keptText);
      const [first] = packed.ids;
      const queryIds = packed.ids.slice(1, 1 + keptQuery);
      expect([...queryIds], label).toEqual([...tokens(keptQuery)]);
      expect(first, label).toBe(packPair(tokens(0), tokens(0), options).ids[0]);
    }
  });

  test("packs ids and segments as sentence-transformers feeds them", async () => {
    await expectGoldenIds(pairs, "longest-first");
  });

  test("caps the query at three quarters and cuts the text, as FlagEmbedding does", async () => {
    expect(onlySecond.length).toBeGreaterThan(0);
    await expectGoldenIds(onlySecond, "only-second");
  });

  async function expectGoldenIds(
    golden: typeof pairs,
    truncation: PackingOptions["truncation"],
  ): Promise<void> {
    const encode = await loadTokenizer(join(tinyModel(model), "tokenizer.json"));
    const options = packingOf(model, { maxTokens: 512, truncation });
    for (const pair of golden) {
      if (!pair.input_ids) continue;
      const query = Int32Array.from(encode(expand(pair.query)));
      const packed = packPair(query, Int32Array.from(encode(expand(pair.text))), options);
      expect([...packed.ids], pair.name).toEqual(pair.input_ids);
      expect([...packed.segments], pair.name).toEqual(pair.token_type_ids);
      expect(packed.truncatedTokens, pair.name).toBe(pair.truncated_tokens);
    }
  }
});

describe("packing", () => {
  const bert = { maxTokens: 512, truncation: "longest-first" } as const;

  test("keeps an empty text a pair, with both separators", () => {
    const packed = packPair(tokens(2), tokens(0), packingOf("tiny-bert-reranker", bert));
    expect([...packed.ids]).toEqual([2, 1000, 1001, 3, 3]);
    expect([...packed.segments]).toEqual([0, 0, 0, 0, 1]);
  });

  test("joins a pair of the RoBERTa family by two separators, all in one segment", () => {
    const packed = packPair(tokens(1), tokens(1), packingOf("tiny-xlm-roberta-reranker", bert));
    expect([...packed.ids]).toEqual([0, 1000, 2, 2, 1000, 2]);
    expect([...packed.segments]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("never goes over the window, and keeps every special token", () => {
    const packed = packPair(tokens(900), tokens(900), packingOf("tiny-bert-reranker", bert));
    expect(packed.ids.length).toBe(512);
    expect([...packed.ids].filter((id) => id < 1000)).toEqual([2, 3, 3]);
  });

  test("cuts a single text at its end and counts what it dropped", () => {
    const packed = packText(tokens(10), packingOf("tiny-bert-embedder", { ...bert, maxTokens: 6 }));
    expect([...packed.ids]).toEqual([2, 1000, 1001, 1002, 1003, 3]);
    expect(packed.truncatedTokens).toBe(6);
  });

  test("refuses a window that special tokens fill alone", () => {
    const options = packingOf("tiny-bert-reranker", { ...bert, maxTokens: 3 });
    expect(() => packPair(tokens(1), tokens(1), options)).toThrow(
      "Expected `maxTokens` to be more than 3, the number of special tokens of this model, got 3.",
    );
  });

  test.each(["longest-first", "only-second"] as const)(
    "has room for a text beside the query that packing does not truncate, by %s",
    (truncation) => {
      const length = fc.integer({ min: 0, max: 60 });
      const window = fc.integer({ min: 4, max: 50 });
      fc.assert(
        fc.property(length, window, (query, maxTokens) => {
          const options = packingOf("tiny-bert-reranker", { maxTokens, truncation });
          const room = roomBeside(query, options);
          const lost = (text: number): number => {
            const { ids } = packPair(
              tokens(query),
              tokens(text).map((id) => id + 1000),
              options,
            );
            return text - ids.filter((id) => id >= 2000).length;
          };
          expect([room, lost(room), lost(room + 2) > 0]).toEqual([room, 0, true]);
        }),
      );
    },
  );

  test("leaves the ids it was given as they were", () => {
    const text = tokens(600);
    packPair(text, text, packingOf("tiny-bert-reranker", bert));
    expect(text).toEqual(tokens(600));
  });
});
