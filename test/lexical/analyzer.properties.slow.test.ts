import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnalyzer, type AnalyzerLanguage } from "../../src/lexical/analyzer.ts";
import { languages } from "../../src/lexical/languages.ts";

const languageNames = Object.keys(languages).filter((name): name is AnalyzerLanguage =>
  Object.hasOwn(languages, name),
);
const english = createAnalyzer();
const analyze = (text: string) => english.analyze(text);
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.string({
    unit: fc.constantFrom(...Array.from("ab1é'’-_./=+#, 東タกि\u0301\u0316\u200d\ud800")),
  }),
);
const anyLanguage = fc.constantFrom(...languageNames);

describe("for any text", () => {
  test("never throws, and gives well-formed terms that are not empty", () => {
    fc.assert(
      fc.property(anyText, anyLanguage, (text, language) => {
        for (const term of createAnalyzer({ language }).analyze(text)) {
          expect(term).not.toBe("");
          expect(term).not.toMatch(/[\s\p{Cs}]/u);
        }
      }),
    );
  });

  test("two texts with a blank between give the terms of the one and then of the other", () => {
    const anyBlank = fc.constantFrom(" ", "\n", "\t", "\r");
    fc.assert(
      fc.property(anyText, anyBlank, anyText, anyLanguage, (one, blank, other, language) => {
        const analyzer = createAnalyzer({ language });
        const termsOf = (text: string) => analyzer.analyze(text);
        expect(termsOf(one + blank + other)).toEqual([...termsOf(one), ...termsOf(other)]);
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same terms the second time, from the cache", () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const first = texts.map((text) => createAnalyzer().analyze(text));
        const analyzer = createAnalyzer();
        for (const text of texts) analyzer.analyze(text);
        expect(texts.map((text) => analyzer.analyze(text))).toEqual(first);
      }),
    );
  });

  test("gives a list of its own, which the caller may change", () => {
    const text = "RFC-2119";
    analyze(text).length = 0;
    expect(analyze(text)).toHaveLength(3);
  });

  test("composed or decomposed, upper or lower case make no difference", () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from("aeiouçñåüéкйガ東한ย ")) });
    fc.assert(
      fc.property(letters, (text) => {
        expect(analyze(text.normalize("NFD"))).toEqual(analyze(text));
        expect(analyze(text.toUpperCase())).toEqual(analyze(text));
      }),
    );
  });
});

test("without a language, the terms of Latin words are the words, also when analysed again", () => {
  const plain = createAnalyzer({ language: "none" });
  const word = fc.stringMatching(/^[a-zà-öø-ÿ]{1,30}$/);
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(plain.analyze(words.join(" "))).toEqual(words);
      expect(plain.analyze(plain.analyze(words.join(", ")).join(" "))).toEqual(words);
    }),
  );
});

test("a piece of two characters or more finds any text without spaces that it stands in", () => {
  const characters = fc.array(
    fc.constantFrom(...Array.from("東京都市大学水のがタワ서울한국ไทยมาลาว")),
    {
      minLength: 2,
    },
  );
  fc.assert(
    fc.property(characters, fc.nat(), fc.nat(), (text, at, longer) => {
      const start = at % (text.length - 1);
      const piece = text.slice(start, start + 2 + (longer % text.length));
      expect(analyze(text.join(""))).toEqual(expect.arrayContaining(analyze(piece.join(""))));
    }),
  );
});

/** A text long enough that one step for each pair of its characters would take hours. */
function repeat(unit: string, length: number = 1_000_000): string {
  return unit.repeat(length / unit.length);
}

describe("a text of megabytes", () => {
  test.each([
    ["of one letter", repeat("a", 5_000_000)],
    ["of English", repeat("the quick brown foxes, jumping ", 5_000_000)],
    ["of combining marks", `a${"\u0301".repeat(2_500_000)}${"\u0316".repeat(2_500_000)}`],
    ["of one code", repeat("a1-")],
    ["of plus signs", `c${repeat("+")}`],
    ["of apostrophes", repeat("ab'")],
    ["of Chinese without an end", repeat("长江大桥")],
    ["of Thai without an end", repeat("ประเทศไทย")],
    ["of lone surrogates", repeat("\ud800", 5_000_000)],
    ["of NUL", repeat("\0", 5_000_000)],
    ["of emoji", repeat("👩‍👩‍👧‍👦")],
    ["of Hebrew", repeat("שלום עולם ")],
  ])("%s is done in seconds", { timeout: 60_000 }, (_name, text) => {
    expect(Array.isArray(createAnalyzer().analyze(text))).toBe(true);
  });
});
