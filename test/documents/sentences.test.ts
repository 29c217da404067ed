import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitSentences } from "../../src/documents/sentences.ts";

const sectionsOf = (text: string) =>
  splitSentences(text).map(({ heading, sentences }) => [
    heading && text.slice(heading.start, heading.end),
    sentences.map(({ start, end }) => text.slice(start, end)),
  ]);
const sentencesOf = (text: string) => sectionsOf(text).flatMap(([, sentences]) => sentences ?? []);

describe("splitSentences", () => {
  test.each([
    ["Dr. Smith met J. Doe at the U.S. Army base.", "He left."],
    ["See Fig. 3 and Eq. 4 of Hu et al. (2021).", "It works, e.g. here."],
    ["They sailed from St. Louis to Ft. Madison.", "Gen. Grant wrote to Gov. Yates."],
    ["It was best.", "The cost fell.", "A draft."],
    ["Use Node.js 20.19 or v2.1.3.", "It costs 3.5 GB."],
    ["**Bold.**", "Then `code.`", "After that!"],
    ['He said "Yes."', "(Really.)", "Why?"],
    ["It was shown.[1]", "Then again.[2,3]", "The end"],
    ["Wait...", "What?!", "No."],
    ["Rep. Smith read Thm. A and App. B.1.", "Dept. Heads of Univ. Bonn left Hwy. One."],
    ["Install the app.", "Then open it."],
    ["Hr. Meier und Fr. Lang kamen.", "Vgl. Abb. A und Kap. B bzw. Cd.", "So z. B. Bonn."],
    ["Am 3. Oktober war es so.", "Im Jahr 1990.", "Mai und Juni kamen."],
  ])("ends a sentence where one ends: %s", (...sentences) => {
    expect(sentencesOf(sentences.join(" "))).toEqual(sentences);
  });

  test("knows the full stops of Chinese and Japanese, which no blank follows", () => {
    expect(sentencesOf("日本語です。次の文！終わり")).toEqual([
      "日本語です。",
      "次の文！",
      "終わり",
    ]);
  });

  test("reads on over the end of a line, but not over a blank line", () => {
    expect(sentencesOf("One line\nwrapped here. Two.\r\n\r\nNo full stop\n\nThree")).toEqual([
      "One line\nwrapped here.",
      "Two.",
      "No full stop",
      "Three",
    ]);
  });

  test("begins a sentence with each list item, its number included", () => {
    const list = "Steps:\n1. First. Then more.\n2. Second\n   wrapped\n\n- dash\n* star";
    expect(sentencesOf(list)).toEqual([
      "Steps:",
      "1. First.",
      "Then more.",
      "2. Second\n   wrapped",
      "- dash",
      "* star",
    ]);
  });

  test("cuts neither code nor tables", () => {
    const first = "```js\nfoo. Bar\n\n# no heading\n```";
    const second = "~~~\n- no item\n~~~";
    const table = "| a. B | c |\n|---|---|\n| 1. X | 2 |";
    expect(sentencesOf(`Before.\n${first}\n${second}\nBetween.\n\n${table}\n\nAfter.`)).toEqual([
      "Before.",
      first,
      second,
      "Between.",
      table,
      "After.",
    ]);
  });

  test("takes a table without outer pipes as one", () => {
    const table = "Name | Price\n---|---\nSt. Louis | 2. Or 3.";
    expect(sentencesOf(table)).toEqual([table]);
  });

  test("distinguishes headings from sentences, and joins consecutive headings", () => {
    expect(sectionsOf("Intro.\n# A\n\n## B. C\nText. More.\n\n---\n\n## End")).toEqual([
      [undefined, ["Intro."]],
      ["# A\n\n## B. C", ["Text.", "More."]],
      ["## End", []],
    ]);
    expect(splitSentences(" \n\n")).toEqual([]);
  });

  test("any text: sentences in order, apart, without blanks around them, and every word in one", () => {
    const piece = fc.constantFrom(
      ..."a|B.|Dr. |. |.** |\n|\n\n|\r\n|# H\n|- |1. || x |\n|```\n|~~~|。|「|[1]| |\u00a0|é|😀|\ud83d".split(
        "|",
      ),
      "|",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        let rest = "";
        let reached = 0;
        for (const { heading, sentences } of splitSentences(text)) {
          for (const { start, end } of [...(heading ? [heading] : []), ...sentences]) {
            expect(start).toBeGreaterThanOrEqual(reached);
            expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
            expect(end).toBeGreaterThan(start);
            rest += text.slice(reached, start);
            reached = end;
          }
        }
        expect(rest + text.slice(reached)).not.toMatch(/[\p{L}\p{N}]/u);
      }),
      { numRuns: 500 },
    );
  });
});
