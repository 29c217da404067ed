import { describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/lexical/analyzer.ts";

const analyzer = createAnalyzer();
const analyze = (text: string) => analyzer.analyze(text);

/** Whether a text holds at least one term of the query: what an inverted index gives back. */
function finds(query: string, text: string): boolean {
  const terms = new Set(analyze(text));
  return analyze(query).some((term) => terms.has(term));
}

describe("English", () => {
  test.each([
    ["Paris", "Paris is the capital of France."],
    ["capital?", "the capital"],
    ["CAPITALS", "capital"],
    ["connection", "They connected it."],
    ["adopt", "the adoption of a standard"],
    ["fine", "ﬁne"],
    ["ｗｉｄｅ", "a wide road"],
    ["patient", "the patient’s record"],
    ["cafe", "Café"],
    ["café", "the cafes of Paris"],
    ["cafe\u0301", "café"],
    ["Muller", "Müller's"],
    ["smorrebrod", "smørrebrød"],
    ["fiance", "my fiancé"],
    ["example", "exam\u00adple"],
    ["windows", "Windows™"],
    ["1234567", "1,234,567 people"],
    ["don", "Don Quixote"],
  ])("%j finds %j", (query, text) => {
    expect(finds(query, text)).toBe(true);
  });

  test.each([
    ["cat", "concatenate"],
    ["art", "the cartridge started"],
    ["1.5", "version 15"],
    ["don", "We don't."],
    ["the of and", "the king of Spain and the queen"],
    ["", "anything"],
  ])("%j does not find %j", (query, text) => {
    expect(finds(query, text)).toBe(false);
  });

  test("a word that stands twice gives its term twice, in the order of the text", () => {
    expect(analyze("Dogs chase the cat; the cat chases dogs.")).toEqual([
      "dog",
      "chase",
      "cat",
      "cat",
      "chase",
      "dog",
    ]);
  });

  test("single letters at an apostrophe are not terms, and contractions are stop words", () => {
    expect(analyze("O’Neil's isn’t they're")).toEqual(["neil"]);
  });
});

describe("codes", () => {
  test.each([
    ["RFC-2119", ["rfc2119", "rfc", "2119"]],
    ["RFC\u20112119", ["rfc2119", "rfc", "2119"]],
    ["sm\u2212121", ["sm121", "sm", "121"]],
    ["v1.5", ["v1.5", "1.5"]],
    ["GPT-4", ["gpt4", "gpt", "4"]],
    ["INT8", ["int8", "int"]],
    ["sm_121", ["sm121", "sm", "121"]],
    ["bge-large-en-v1.5", ["bgelargeenv1.5", "bge", "larg", "en", "v1.5", "1.5"]],
    ["r=16", ["r16", "r", "16"]],
    ["C++", ["c++", "c"]],
    ["Visual-C#", ["c#", "visualc", "visual", "c"]],
    ["I/O", ["io", "o"]],
    ["10.0.0.1", ["10.0.0.1"]],
    ["2024-01-15", ["2024-01-15", "2024", "01", "15"]],
    ["low-density", ["low", "densiti"]],
    ["3f9a1c77b2", ["3f9a1c77b2"]],
    ["4you", ["4you"]],
  ])("%s gives a term for the whole and one for each part", (code, terms) => {
    expect(analyze(code)).toEqual(terms);
  });

  test("a name is the same in kebab, snake and camel case, with leading dashes or without", () => {
    const [whole] = analyze("--max-num-seqs");
    expect(analyze("max_num_seqs")[0]).toBe(whole);
    expect(analyze("maxNumSeqs")).toEqual([whole]);
  });

  test.each([
    ["int8", "INT8"],
    ["rfc 2119", "see RFC-2119."],
    ["RFC2119", "see RFC-2119."],
    ["GPT4", "GPT-4's answer"],
    ["max num seqs", "--max-num-seqs=16"],
    ["rtx 4090", "an RTX4090"],
    ["covid-19", "COVID19"],
    ["e-mail", "Email me"],
    ["USA", "the U.S.A."],
    ["analyzer.ts", "src/lexical/analyzer.ts"],
  ])("%j finds %j", (query, text) => {
    expect(finds(query, text)).toBe(true);
  });

  test.each([
    ["C++", "C#"],
    ["v15", "v1.5"],
    ["int8", "INT16"],
  ])("the whole of %s is not that of %s", (one, other) => {
    expect(analyze(other)).not.toContain(analyze(one)[0]);
  });

  test("keeps the parts and leaves out the whole if it is too long to be typed", () => {
    const path = "one/two/three/four/five/six/seven/eight/nine/ten/eleven/twelve/thirteen";
    expect(analyze(path)).toHaveLength(path.split("/").length);
  });
});

describe("scripts without spaces", () => {
  test("gives overlapping pairs, and Han and Hangul characters alone as well", () => {
    expect(analyze("東京タワー")).toEqual(["東", "東京", "京", "京タ", "タワ", "ワー"]);
    expect(analyze("책을")).toEqual(["책", "책을", "을"]);
    expect(analyze("ไทย")).toEqual(["ไท", "ทย"]);
    expect(analyze("ดี")).toEqual(["ดี"]);
  });

  test.each([
    ["東京", "東京タワー"],
    ["タワー", "東京タワー"],
    ["猫", "私は猫が好きです"],
    ["大学", "北京大学是一所大学"],
    ["长江", "南京市长江大桥"],
    ["서울", "서울특별시"],
    ["책", "책을 읽는다"],
    ["ประเทศ", "ประเทศไทย"],
    ["ລາວ", "ປະເທດລາວ"],
    ["កម្ពុជា", "ប្រទេសកម្ពុជា"],
    ["နိုင်ငံ", "မြန်မာနိုင်ငံ"],
    ["ﾀﾜｰ", "東京タワー"],
    ["カ\u3099ス", "ガス会社"],
    ["葛飾", "葛\u{e0100}飾区"],
  ])("every term of %s stands in %s", (query, text) => {
    expect(analyze(query)).not.toEqual([]);
    expect(analyze(text)).toEqual(expect.arrayContaining(analyze(query)));
  });

  test("a Latin word, a number or a code between them stays whole", () => {
    expect(analyze("第3章のGPT-4モデル")).toEqual(
      expect.arrayContaining(["3", "gpt4", "gpt", "4", "モデ", "デル"]),
    );
  });

  test("a single character that is not a word by itself is kept if it stands alone", () => {
    expect(analyze("の ก x")).toEqual(["の", "ก", "x"]);
  });

  test("pairs do not reach over a space or a punctuation mark", () => {
    expect(analyze("タワ。ーク")).not.toContain("ワー");
    expect(analyze("大 学")).toEqual(["大", "学"]);
  });
});

describe("other alphabets", () => {
  test.each([
    ["Persian yeh and kaf by an Arabic keyboard", "كتابي", "کتابی"],
    ["alef maksura", "علي", "على"],
    ["heh of Urdu", "ماه", "ماہ"],
    ["Arabic without vowels and tatweel", "كتاب", "كِتَـــاب"],
    ["hamza that writers leave off", "احمد", "أحمد"],
    ["teh marbuta that writers leave its dots off", "مدرسة", "مدرسه"],
    ["io without its dots", "ЁЛКА", "елка"],
    ["a Devanagari nasal", "हिन्दी", "हिंदी"],
    ["a Devanagari moon and dot", "चाँद", "चांद"],
    ["a Devanagari dot below", "ज़मीन", "जमीन"],
    ["an okina", "Hawaiʻi", "Hawaii"],
    ["Hebrew without points", "שלום", "שָׁלוֹם"],
    ["Hebrew in presentation forms", "שלום", "\ufb2aלום"],
    ["a maqaf as a hyphen", "בית-ספר", "בֵּית־סֵפֶר"],
    ["Greek capitals without accents", "ΑΝΘΡΩΠΟΣ", "άνθρωπος"],
    ["Greek capitals with accents", "ΆΝΘΡΩΠΟΣ", "άνθρωπος"],
    ["Greek with all its accents", "ανθρωπος", "ἄνθρωπος"],
    ["sigma at the end and inside", "ΟΔΟΣ", "οδοσ"],
    ["dialytika", "ΠΡΟΪΟΝ", "προϊόν"],
    ["Arabic-Indic digits", "2024", "٢٠٢٤"],
    ["Persian digits", "1403", "۱۴۰۳"],
    ["Devanagari digits", "1947", "१९४७"],
    ["digits that begin at 6", "2566", "๒๕๖๖"],
    ["digits beyond the basic plane", "12", "\u{11067}\u{11068}"],
    ["an Arabic decimal point", "3.14", "٣٫١٤"],
  ])("%s: %s finds %s, and the other way round", (_what, one, other) => {
    expect(finds(one, other)).toBe(true);
    expect(finds(other, one)).toBe(true);
    expect(analyze(one)).toEqual(analyze(other));
  });

  test("letters that no one leaves out stay apart", () => {
    for (const [one, other] of [
      ["כלב", "קלב"],
      ["قلب", "كلب"],
      ["όρος", "όπος"],
      ["й", "и"],
    ] as const) {
      expect(finds(one, other)).toBe(false);
    }
  });
});
