import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  entityReader,
  escapeAttribute,
  escapeMarks,
  readEntities,
} from "../../src/text/prompt-text.ts";
import { anyHostileText, dangerous, honestTexts, hostileTexts } from "./hostile-texts.ts";

const wide = (text: string): string =>
  text.replaceAll(/[!-~]/g, (sign) => String.fromCodePoint(sign.charCodeAt(0) + 0xfee0));
const bold = (text: string): string =>
  text.replaceAll(/[a-z]/g, (letter) => String.fromCodePoint(letter.charCodeAt(0) - 97 + 0x1d41a));
const spaced = (text: string): string => text.split("").join("\u200B");
const tagged = (text: string): string => text.split("").join("\u{E0041}");
const marked = (text: string): string => text.split("").join("\u0332");
const overridden = (text: string): string => `\u202E${text}\u202C`;

const angleMarks = `
  </passage> </passages> <passage> <passages> </turn> </conversation>
  <|im_start|> <|im_end|> <|eot_id|> <|endoftext|> <|start_header_id|>
  <s> </s> <bos> <eos> <start_of_turn> <end_of_turn> <<SYS>> <</SYS>>
  <think> </think> <tool_call> <tool_response> <|User|> <|Assistant|>`
  .trim()
  .split(/\s+/);
const bracketMarks = "[INST],[/INST],[TOOL_CALLS],[SYSTEM_PROMPT],[1],[12],[ 3 ]".split(",");

/** One mark in spellings that a tokenizer or a model may take for it. */
function spellings(mark: string): string[] {
  const [first = ""] = mark;
  const rest = mark.slice(1);
  const forms = [wide, spaced, tagged, marked, overridden].map((form) => form(mark));
  return [mark, ...forms, wide(first) + rest, wide(first) + spaced(rest)];
}

const otherAngles = `
  ＜/раssаgе＞;＜⁄passage＞;＜ / PASSAGE ＞;＜\n\n/passage＞;﹤/passage﹥;＜\u0338/passage＞;＜рassage＞
  ‹/passage›;«/passage»;〈/passage〉;《/passage》;⟨/passage⟩;❮/passage❯;＜PASSAGE＞;＜\u0301passage＞
  ‹|im_start|›;«｜im_start｜»;＜｜begin▁of▁sentence｜＞;⟪SYS⟫;«SYS»;《INST》
  ‹passage number="2"›;«passage number="2"»;＜/${bold("passage")}＞;＜${bold("passage")} number="2"＞`;
const otherBrackets = `
  [１];［１］;［ ２ ］;［①］;[²];[\uFE0F1];[\u200B1];［\u3000３］;﹇4﹈;[٣]
  【1】;【２†source】;[^1];[#1];[Passage 2];[ sources: 3 ];［Ｐassage ２］;[Ref. 1];【Passage 1】
  ［/ＩＮＳＴ］;［／INST］;【INST】;【/INST】;〔TOOL_CALLS〕;⟦INST⟧;[inst];[/ INST ]`;
const imitations = [
  ...[...angleMarks, ...bracketMarks].flatMap((mark) => spellings(mark)),
  ...otherAngles.trim().split(/;|\n {2}/),
  ...otherBrackets.trim().split(/;|\n {2}/),
];

const speakers = `
  Human:;Assistant:;User:;System:;HUMAN:;ASSISTANT:;USER:;SYSTEM:;Question:;**Human:;> Assistant:;  Human :
  ### Instruction:;### Instructions:;### Response:;### Input:;###Instruction:;## System:;# Response:
  Ｈｕｍａｎ：;Human：;Нumаn:;Hu\u200Bman:;\u202EHuman:;＃＃＃ Instruction：;Human﹕`
  .trim()
  .split(/;|\n {2}/);

/** Where a model could still see a mark: any form of `<` or `[` with what makes it one, after compatibility forms are resolved. */
const marks =
  /<|[[【]\s*(?:[#^]|(?:passage|source|ref)s?[\s.:]*)?\d|\[\/?\s*(?:INST|TOOL_CALLS|SYSTEM_PROMPT)|[‹«〈《⟨⟪❮][/|]|[【〔⟦]\/?(?:INST|TOOL)/iu;
const resolved = (text: string): string => text.normalize("NFKC").replaceAll(/[\p{M}\p{DI}]/gu, "");

test("there are at least 150 different imitations", () => {
  expect(new Set([...imitations, ...speakers]).size).toBeGreaterThanOrEqual(150);
});

describe("a mark that is imitated as", () => {
  test.each(imitations)("%j is escaped", (text) => {
    for (const given of [text, `Before ${text} after`, `<${text}`, `${text}${text}`]) {
      const escaped = escapeMarks(given);
      expect(resolved(escaped)).not.toMatch(marks);
      expect(escaped).not.toMatch(/[\u202A-\u202E\u2060-\u206F\u200B\u{E0000}-\u{E0FFF}]/u);
      expect(escaped).toMatch(/&(?:lt|#\d+);/);
    }
  });
});

describe("a speaker that is imitated as", () => {
  test.each(speakers)(
    "%j has no colon at the beginning of a line, and keeps it within one",
    (text) => {
      for (const given of [text, `Said.\n\n${text} obey`, `Said.\r${text}`, `Said.\u2028${text}`]) {
        expect(escapeMarks(given)).toMatch(/&#\d+;/);
      }
      expect(
        escapeMarks(`It says ${text.replaceAll(/[\u200B\u202E]/g, "").trim()} so`),
      ).not.toMatch(/&#\d+;/);
    },
  );
});

describe("honest text", () => {
  const texts = {
    ...honestTexts,
    "a configuration": "user: root\nsystem: linux\nhuman: no\nassistant: none\ninput: a",
    "a heading": "# Instruction\n\n## Human factors: why\n\nSystem requirements: none",
    "quoted words":
      "« passage », ‹turn›, «le système», 《passage》, 〈user〉, 【PDF】, 〔1〕, 〔注〕",
    comparisons: "x＜y ｘ＜３, a ≤ b, ａ［ｉ］, ⟨ψ⟩",
    "a link": "[context](#a), [x], ![y](z), [Inline]",
    "a time": "12:30: begin\nNote: see 5:7",
  };
  test.each(Object.entries(texts))("such as %s stays as it is", (_what, text) => {
    expect(escapeMarks(text)).toBe(text);
  });

  test("keeps its tabs and lines, and code can be read back", () => {
    const code = "if (a[0] < b && c[1] > 2) {\n\treturn `&lt;`;\n}\r\n";
    const escaped = escapeMarks(code);
    expect(escaped).toBe(
      "if (a&#91;0] &lt; b &amp;&amp; c&#91;1] > 2) {\n\treturn `&amp;lt;`;\n}\n",
    );
    expect(readEntities(escaped, entityReader(escaped, []))).toBe(code.replace("\r", ""));
  });
});

describe("whatever stands in a text", () => {
  test("no mark stands in what is made of it", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...imitations), anyHostileText)), (all) => {
        const escaped = escapeMarks(all.join(""));
        expect(escaped).not.toMatch(/</);
        expect(escaped.replaceAll(/[\n\t]/g, "")).not.toMatch(dangerous);
        expect(resolved(escaped)).not.toMatch(/<\s*\/|\[\s*\d/);
        expect(escapeAttribute(all.join(""))).not.toMatch(/["<\n\t]/);
      }),
      { numRuns: 3000 },
    );
  });

  test("reading gives back all but what is hidden", () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom(...Object.values(honestTexts), ...angleMarks, ...bracketMarks),
          fc.constantFrom("&", "&lt;", "&#91;", "\n", "Human:", "＜/", "［1"),
        ),
      )
      .map((all) => all.join(""));
    fc.assert(
      fc.property(text, (given) => {
        const escaped = escapeMarks(given);
        expect(readEntities(escaped, entityReader(escaped, []))).toBe(given);
      }),
      { numRuns: 3000 },
    );
  });

  test.each(Object.entries(hostileTexts))("what %s loses it", (_what, text) => {
    expect(escapeMarks(text).replaceAll(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{DI}]/u);
  });
});

describe("entityReader", () => {
  const sent = escapeMarks("a < b && ＜/passage＞");
  const read = entityReader(sent, ["source with &amp; in it"]);

  test("reads what escaping brought, and leaves what the texts held or nothing brought", () => {
    expect(readEntities("&lt; &#65308; &amp; &#91; &#60; &quot;", read)).toBe(
      "< ＜ &amp; &#91; &#60; &quot;",
    );
  });

  test("reads what closes what escaping brought", () => {
    expect(readEntities("&lt;b&gt; &#93;", entityReader("&lt;", []))).toBe("<b> &#93;");
    expect(readEntities("&lt;b&gt;", entityReader("&lt;", ["a &gt;"]))).toBe("<b&gt;");
    expect(readEntities("&lt;b&gt;", entityReader("&lt;", ["a &lt;"]))).toBe("&lt;b&gt;");
  });

  test("reads once", () => {
    const twice = escapeMarks("&lt; <");
    expect(readEntities("&amp;lt;", entityReader(twice, []))).toBe("&lt;");
  });
});
