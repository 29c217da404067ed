import { describe, expect, test } from "vitest";
import { packRead, readingOf, type RoleSettings } from "../../../src/model/tokens/token-reading.ts";
import { Vocabulary } from "../../../src/model/tokens/vocabulary.ts";

const added = [
  { id: 7, content: "[Q]", normalized: false },
  { id: 8, content: "[D] ", normalized: true },
];
const words = { model: { vocab: { "[CLS]": 0, "[unused0]": 1, rain: 2, "[MASK]": 3 } } };
const vocabulary = new Vocabulary({ ...words, added_tokens: added });
const role: RoleSettings = {
  prompt: "",
  maxTokens: undefined,
  expansion: undefined,
  skippedWords: [],
};

describe("a vocabulary", () => {
  test("spells its tokens", () => {
    const pieces = vocabulary.pieces();
    expect([0, 2, 7, 8, 9].map((id) => pieces.get(id))).toEqual([
      "[CLS]",
      "rain",
      "[Q]",
      "[D] ",
      undefined,
    ]);
    const unigram = new Vocabulary({
      model: {
        vocab: [
          ["<s>", 0],
          ["rain", -1],
        ],
      },
    });
    expect([...unigram.pieces()]).toEqual([
      [0, "<s>"],
      [1, "rain"],
    ]);
  });

  test("has words, the numbered pieces of Unigram, and added tokens", () => {
    expect(vocabulary.idOf("rain")).toBe(2);
    expect(vocabulary.idOf("[Q]")).toBe(7);
    expect(vocabulary.idOf("toString")).toBeUndefined();
    const unigram = new Vocabulary({
      model: {
        vocab: [
          ["<s>", 0],
          ["rain", -1],
        ],
      },
    });
    expect(unigram.idOf("rain")).toBe(1);
    expect(unigram.idOf("wind")).toBeUndefined();
    expect(new Vocabulary({}).idOf("rain")).toBeUndefined();
  });
});

describe("a prompt", () => {
  test.each([
    ["[Q] find: ", false, [7], " find: "],
    ["[unused0] ", false, [], "[unused0] "],
    ["[unused0] ", true, [1], " "],
    ["[D] ", false, [], "[D] "],
    ["[D] ", true, [8], ""],
    ["[nowhere] ", true, [], "[nowhere] "],
    ["", true, [], ""],
  ])(
    "%j, in an older format: %s, has the marker %j and the text %j",
    (prompt, isLegacy, ids, text) => {
      const { marker, prefix } = readingOf({ ...role, prompt }, vocabulary, isLegacy);
      expect([...marker]).toEqual(ids);
      expect(prefix).toBe(text);
    },
  );
});

describe("a query that is filled up", () => {
  const templates = {
    single: [
      { token: 0, segment: 0 },
      { sequence: "first", segment: 0 },
    ],
    pair: [],
  } as const;
  const expansion = { length: 5, isSeen: false, isWindow: true, token: "[MASK]" };

  test("has the expansion's length, and hides what was added unless it is seen", () => {
    const reading = readingOf({ ...role, prompt: "[Q]", expansion }, vocabulary, false);
    const packing = { templates, maxTokens: 5, truncation: "longest-first" } as const;
    const packed = packRead(Int32Array.of(2), reading, packing);
    expect([...packed.ids]).toEqual([0, 7, 2, 3, 3]);
    expect(packed.hiddenTokens).toBe(2);
    const seen = readingOf(
      { ...role, expansion: { ...expansion, isSeen: true } },
      vocabulary,
      false,
    );
    expect(packRead(Int32Array.of(2), seen, packing)).toMatchObject({ hiddenTokens: 0 });
    const long = packRead(new Int32Array(9).fill(2), reading, packing);
    expect([...long.ids]).toEqual([0, 7, 2, 2, 2]);
    expect(long.truncatedTokens).toBe(6);
  });

  test("has a window of that length, or at least of that length", () => {
    expect(readingOf({ ...role, maxTokens: 9, expansion }, vocabulary, false).maxTokens).toBe(5);
    const least = { ...expansion, isWindow: false };
    const windowOf = (maxTokens?: number): number | undefined =>
      readingOf({ ...role, maxTokens, expansion: least }, vocabulary, false).maxTokens;
    expect([windowOf(9), windowOf(3), windowOf()]).toEqual([9, 5, undefined]);
  });

  test("needs a token that the vocabulary has", () => {
    const wrong = { ...expansion, token: "[NONE]" };
    expect(() => readingOf({ ...role, expansion: wrong }, vocabulary, false)).toThrow("[NONE]");
  });
});
