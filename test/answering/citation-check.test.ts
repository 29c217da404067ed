import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CitationCheck } from "../../src/answering/citation-check.ts";
import { readMarker } from "../../src/text/citation-marker.ts";
import { entityReader, type EntityReader } from "../../src/text/prompt-text.ts";

interface Checked {
  readonly pieces: string[];
  readonly text: string;
  readonly numbers: number[];
  readonly invented: string[];
}

/** What comes through, and what is told of it, for an answer that is given in these pieces. */
function check(pieces: readonly string[], readEntity?: EntityReader): Checked {
  const checked = new CitationCheck(3, readEntity);
  const through = [...pieces.map((piece) => checked.push(piece)), checked.end()];
  expect(through.join("")).toBe(checked.text);
  for (const { number, start, end } of checked.citations) {
    expect(checked.text.slice(start, end)).toBe(`[${number}]`);
  }
  return {
    pieces: through,
    text: checked.text,
    numbers: checked.citations.map(({ number }) => number),
    invented: checked.invented.map(({ marker }) => marker),
  };
}

describe("CitationCheck", () => {
  const sent = 'source="a&quot;" &lt; &amp; &#91; &#58;';
  const readEntity = entityReader(sent, ["holds &gt;"]);

  test.each([
    ["sort &lt;in.txt &amp;&amp; a&#91;0] [1]", "sort <in.txt && a[0] [1]"],
    ["Human&#58; `a&#91;1] &lt; 2` &quot;", 'Human: `a[1] < 2` "'],
    ["```\nif (a&#91;1] &lt; 2)\n```\n", "```\nif (a[1] < 2)\n```\n"],
    [
      "It says &#91;2], &#91; 3 ] and &#91;7, 1] so.",
      "It says &#91;2], &#91; 3 ] and &#91;7, 1] so.",
    ],
    ["As in &#91;12] and &#91;x].", "As in [12] and [x]."],
    ["Use &lt;b&gt; and &#91;x&#93; and &#91;12&#93; here.", "Use <b&gt; and [x] and [12] here."],
    [
      "It says &#91;2&#93; so, [2&#93; and `a&#91;1&#93;`.",
      "It says &#91;2&#93; so, [2&#93; and `a[1]`.",
    ],
    ["&amp;lt; &gt; &#60; & &amp", "&lt; &gt; &#60; & &amp"],
  ])("reads of %j what the passages brought, and makes no marker of it", (answer, text) => {
    const pieces = answer.split("");
    for (const given of [[answer], pieces]) {
      expect(check(given, readEntity)).toMatchObject({ text, invented: [] });
    }
  });

  test("holds back an entity until it is complete, and one for a bracket until it cannot be a marker", () => {
    const { pieces } = check(["a &l", "t; b&#9", "1;", "1", ", 8", "] &#91;", "x"], readEntity);
    expect(pieces).toEqual(["a ", "< b", "", "", "", "&#91;1, 8] ", "[x", ""]);
  });

  test("decodes a closing entity if the passages contain its opening one", () => {
    const read = entityReader("&lt; &#91;", []);
    expect(check(["Use &lt;b&gt; here [1]."], read)).toMatchObject({ text: "Use <b> here [1]." });
    expect(check(["a &gt; b"], entityReader("&#91;", [])).text).toBe("a &gt; b");
  });

  test("decodes no entity that would become a marker of a passage outside code", () => {
    const others = ["1", "2", "7", ",", " ", "-", "^", "Passage ", "&lt;", "&amp;", "a"];
    // Nothing opens or nothing closes a marker that the model wrote as one.
    const answers = [
      ["&#91;", "&#93;", "]"],
      ["&#91;", "&#93;", "["],
    ].map((brackets) =>
      fc.array(fc.constantFrom(...brackets, ...brackets, ...others), { maxLength: 14 }),
    );
    fc.assert(
      fc.property(fc.oneof(...answers), (pieces) => {
        const { text, numbers } = check(pieces, readEntity);
        const bodies = [...text.matchAll(/\[([^[\]]*)\]/g)].map(([, body = ""]) => body);
        const read = bodies.flatMap((body) => readMarker(body)?.parts ?? []);
        expect(read.filter(({ first, last }) => last >= 1 && first <= 3)).toEqual([]);
        expect(numbers).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["LoRA freezes weights [1].", "LoRA freezes weights [1].", [1], []],
    ["It does[1][3].", "It does[1][3].", [1, 3], []],
    ["It does [1, 3] and [2;3].", "It does [1][3] and [2][3].", [1, 3, 2, 3], []],
    ["It does [ 2 ].", "It does [2].", [2], []],
    ["It does [4].", "It does.", [], ["[4]"]],
    ["It does [0].", "It does.", [], ["[0]"]],
    ["It does [1, 9] not.", "It does [1] not.", [1], ["[9]"]],
    ["It does [9, 2] not.", "It does [2] not.", [2], ["[9]"]],
    ["It does [99999999999999999999].", "It does.", [], ["[99999999999999999999]"]],
    ["A list [x], a [link](#a), [a][b], [1a] and [].", undefined, [], []],
    ["In code `scores[7]` and ``a`[8]`` it stays [2].", undefined, [2], []],
    [
      "```ts\nscores[7]\n```\nbut not here [7].",
      "```ts\nscores[7]\n```\nbut not here.",
      [],
      ["[7]"],
    ],
    [
      "A ` alone does not hide [7].\n\nNor ` here",
      "A ` alone does not hide.\n\nNor ` here",
      [],
      ["[7]"],
    ],
    ["It was cut off [1", "It was cut off", [], ["[1"]],
    ["It was cut off because [", "It was cut off because", [], []],
    ["It was cut off [Pass", "It was cut off", [], []],
    ["It was cut off 【2†sou", "It was cut off", [], ["【2†sou"]],
    ["A subscript is cut off: rows[1", undefined, [], []],
    ["A link is cut off: [LoR", undefined, [], []],
    ["Ends in blanks  ", undefined, [], []],
    ["", undefined, [], []],
  ])("of %j makes %j", (answer, text, numbers, invented) => {
    expect(check([answer])).toMatchObject({ text: text ?? answer, numbers, invented });
  });

  test("reports the position of a removed marker", () => {
    const checked = new CitationCheck(1);
    checked.push("One [1] two [5], three.");
    expect(checked.invented).toEqual([{ marker: "[5]", position: "One [1] two".length }]);
  });

  test("holds back what may become a marker, and nothing else", () => {
    const { pieces } = check(["It ", "does", " [", "1", "]", ", well", " [7", "]."]);
    expect(pieces).toEqual(["It", " does", "", "", "", " [1], well", "", ".", ""]);
    const { pieces: others } = check(["It costs $5 ", "[1] ", "(see `a", "` ", "a.md)\n", "- b"]);
    expect(others).toEqual(["It costs $5", " [1]", " (see ", "`a`", " a.md)\n", "- b", ""]);
  });

  test("gives the same result for any pieces of the answer", () => {
    const markers = ["[1]", "[7]", " [2, 8]", "[", "]", "x[3]"];
    const entities = ["&#91;", "&#93;", "&lt;", "&gt;", "&"];
    const parts = [...markers, ...entities, " ", "`", "```", "\n", "a", "7", ","];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts), { maxLength: 14 }),
        fc.array(fc.nat(40), { maxLength: 6 }),
        (words, cuts) => {
          const answer = words.join("");
          const offsets = [0, ...cuts, answer.length].toSorted((a, b) => a - b);
          const pieces = offsets.map((offset, index) => answer.slice(offset, offsets[index + 1]));
          for (const reader of [undefined, readEntity]) {
            const { pieces: _in, ...inPieces } = check(pieces, reader);
            const { pieces: _whole, ...whole } = check([answer], reader);
            expect(inPieces).toEqual(whole);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("removes every made-up marker after a blank outside code", () => {
    const parts = [" [1]", " [7]", " [ 8 ]", " [^9]", "【7】", ".", ",", "\n", " a", " 7"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 20 }), (pieces) => {
        const { text } = check([` ${pieces.join("")}`]);
        for (const [, number] of text.matchAll(/[[【][\s^]*(\d+)\s*[\]】]/g)) {
          expect(Number(number)).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Answers that hold no marker but one at their end, if any. */
const withOtherBrackets: Readonly<Record<string, readonly string[]>> = {
  intervals: [
    "Scores lie in [0, 1] [2].",
    "Scores lie in [0, 1].",
    "It is in [0, 1) or (0, 1] [2].",
    "Choose from [1, 5] [2].",
    "The interval [4, 8] is used [2].",
    "From [-1, 1] [2].",
    "A digit is one of [0-9] [2].",
    "The interval [1, 5] is closed [2].",
    "The interval [1, 3] is closed [2].",
    "Das Intervall [1, 3] und der Bereich [1, 5] sind es [2].",
    "It lies between [1, 5] and so on [2].",
    "It lies in [1, 5] or zwischen [1, 7] so [2].",
  ],
  subscripts: [
    "Pick results[0], then results[1].",
    "Use items[2] and items[1].",
    "Take x[1].",
    "It is in row_ids[1].",
    "It is in self.rows[1].",
    "It is m[1][2] or matrix[i][1] or matrix[0][1] [2].",
    "The call f(x)[0] gives it [2].",
    "Call rows[1].name() [2].",
    "It is f()[3].name, get_rows()[1].name and rows(x, 1)[3] there [2].",
    "It is a?.[3] or f()?.[1] or p->[1] or Vec<T>[1] there [2].",
  ],
  "years, shapes and lists": [
    "In [2021] it was published [2].",
    "It was published [2021].",
    "Shape is [32, 768] [2].",
    "The shape is [32, 768].",
    "The first [512] tokens [2].",
    "They are [7, 8] by default [2].",
    "A list of lists: [[1, 2], [2, 3]] [2].",
    'JSON: {"ids": [4, 5]} [2].',
    'JSON: {"ids": [1, 2], "rank": [1]} [2].',
    "Set ids = [1, 2] [2].",
    "Call len([1, 2]) [2].",
    "Python: {'ids': [1, 7]} or {'ids': [1, 2]} [2].",
    "JavaScript: {ids: [1, 7]} or { a: 1, ids: [1, 2] } [2].",
    "The first element, [0], is x [2].",
  ],
  links: [
    "See [1](https://example.org/doc).",
    "See [1](https://example.org/doc) [2].",
    "See ![1](a.png) and [[1]](a.md) [2].",
    "[1]: https://example.org/doc",
    "> [^1]: https://example.org/doc",
    "See [the doc][1] [2].",
    "See [it](a[1].md), [it](docs/[7].md) [2].",
    "See https://example.org/[7] and <https://example.org/?ids=[1]> [2].",
    'See <a id="x[1]">it</a> [2].',
  ],
  formulas: [
    "The weight $w[2]$ is frozen [2].",
    "It is $a + [1, 2]$ and $$b [1]$$ [2].",
    String.raw`It is \(w[1] + [1]\) and \[ [1] \] [2].`,
    "It is\n\n$$\nw[1]\n+ [1]\n$$\n\nhere [2].",
    "It is\n\n\\[\nw [1]\n\n= [7]\n\\]\n\nhere [2].",
  ],
  "money, which is no formula": ["It costs $5 to $10 and US$7 in $ [2]."],
  "no markers": [
    "- [x] done [2]",
    "- [ ] done",
    String.raw`An escaped \[7] and \[1] [2].`,
    "[1a] [] [1, a]",
  ],
};

describe.each(Object.entries(withOtherBrackets))("brackets of %s", (_kind, answers) => {
  test.each(answers)("%j pass", (answer) => {
    const numbers = / \[2\]\.?$/.test(answer) ? [2] : [];
    for (const pieces of [[answer], answer.split("")]) {
      expect(check(pieces)).toMatchObject({ text: answer, numbers, invented: [] });
    }
  });
});

describe("code", () => {
  test.each([
    ["between tildes", "~~~\nx = rows[0]\na [7] [1]\n~~~\n"],
    ["in a fence within a fence", "````md\n```\na [7]\n```\nb [1]\n````\n"],
    ["with a mark that does not close it", "```\n~~~\na [7]\n``\n~~~\nb [1]\n```\n"],
    ["that is indented", "So:\n\n    x = rows[0]\n    a [7] [1]\n\n    b [1]\n\n"],
    ["that is indented by tabs", "So:\n\n\ta [7] [1]\n\n"],
    ["in a quotation", "> So:\n> ```js\n> rows[0] [1]\n>\n> a [7]\n> ```\n"],
    ["in a list", "- So:\n\n  ~~~\n  a [7]\n\n  b [1]\n  ~~~\n"],
    ["in a numbered list in a quotation", "> 1. So:\n>    ```\n>    a [7] [1]\n>    ```\n"],
    ["that is indented in a list", "1. So:\n\n       a [7] [1]\n\n"],
    ["between backticks", "So `a [7] [1]` and ``b ` [7]`` and `rows[1]`:\n"],
    ["between backticks on two lines", "So `a [7]\nb [1]`:\n"],
  ])("%s passes as it is, and what follows it is read", (_where, code) => {
    const answer = `${code}Here [2], not [7].`;
    for (const pieces of [[answer], answer.split("")]) {
      const found = check(pieces);
      expect(found).toMatchObject({
        text: `${code}Here [2], not.`,
        numbers: [2],
        invented: ["[7]"],
      });
    }
  });

  test.each([
    "> ```\n> a\n\nIt ends with the quotation [2].",
    "- ```\n  a\n\nIt ends with the list item [2].",
    "A paragraph\n    goes on [2].",
    "- A\n    - nested item [2].",
    "1. A\n\n   second paragraph [2].",
    "``` a ``` between backticks [2].",
    "~~ no fence [2].",
  ])("is not found in %j", (answer) => {
    expect(check([answer])).toMatchObject({ text: answer, numbers: [2] });
  });
});

describe("a marker", () => {
  test.each([
    ["It does [1-3].", "It does [1][2][3].", [1, 2, 3], []],
    ["It does [1–2] and [2 — 3].", "It does [1][2] and [2][3].", [1, 2, 2, 3], []],
    ["It does [1 to 3].", "It does [1][2][3].", [1, 2, 3], []],
    ["It does【1】.", "It does[1].", [1], []],
    ["It does ［２］.", "It does [2].", [2], []],
    ["It does【2†source】.", "It does[2].", [2], []],
    ["It does 【1†L3-L5】.", "It does [1].", [1], []],
    ["It does[^1].", "It does[1].", [1], []],
    ["It does [1，2] and [1、3].", "It does [1][2] and [1][3].", [1, 2, 1, 3], []],
    ["It does [1 and 2] and [1, 2, and 3].", "It does [1][2] and [1][2][3].", [1, 2, 1, 2, 3], []],
    ["It does [1 & 2].", "It does [1][2].", [1, 2], []],
    ["It does [Passage 2].", "It does [2].", [2], []],
    ["It does [passages 1 and 3].", "It does [1][3].", [1, 3], []],
    ["It does [Passage 1, Passage 2].", "It does [1][2].", [1, 2], []],
    ["It does [source: 1] and [Doc. 2] and [#3].", "It does [1] and [2] and [3].", [1, 2, 3], []],
    ["It does [Source 2] and [Quelle 1].", "It does [2] and [1].", [2, 1], []],
    ["It does [1 und 2] and [Quellen 1, 3].", "It does [1][2] and [1][3].", [1, 2, 1, 3], []],
    ["It does [cite: 1] and [cite: 1, 2].", "It does [1] and [1][2].", [1, 1, 2], []],
    ["It does【4:1†guide.md】 and 【4:9†a】.", "It does[1] and.", [1], ["【4:9†a】"]],
    ["It costs $20[1]. Or US$1.5[2] now.", "It costs $20[1]. Or US$1.5[2] now.", [1, 2], []],
    [
      "The rate is $O(n)$[1]. So $n$[2] is it.",
      "The rate is $O(n)$[1]. So $n$[2] is it.",
      [1, 2],
      [],
    ],
    [
      "It runs on Node.js[1]. See main.py[2].",
      "It runs on Node.js[1]. See main.py[2].",
      [1, 2],
      [],
    ],
    ["As shown in [1, 9] it is so.", "As shown in [1] it is so.", [1], ["[9]"]],
    ["It stems from [1, 2] and so on.", "It stems from [1][2] and so on.", [1, 2], []],
    ["Call f(x)[1].", "Call f(x)[1].", [1], []],
    ["It does 【9】.", "It does.", [], ["【9】"]],
    ["It does【9†source】 so.", "It does so.", [], ["【9†source】"]],
    ["It does [4-9].", "It does.", [], ["[4-9]"]],
    ["It does [2-9].", "It does [2][3].", [2, 3], ["[4-9]"]],
    ["It does [1-2, 9].", "It does [1][2].", [1, 2], ["[9]"]],
    ["It does [Passage 9] and[^7].", "It does and.", [], ["[Passage 9]", "[^7]"]],
    ["It does [7][1].", "It does [1].", [1], ["[7]"]],
    ["As [7] says, it does [[1]].", "As says, it does [[1]].", [1], ["[7]"]],
    ["权重被冻结[1]。权重[9]。", "权重被冻结[1]。权重。", [1], ["[9]"]],
    ["**LoRA**[1], (it)[2] and “it”[3].", "**LoRA**[1], (it)[2] and “it”[3].", [1, 2, 3], []],
    ["| It does | [1] |\n| so | [7] |", "| It does | [1] |\n| so | |", [1], ["[7]"]],
  ])("of another form is read: %j", (answer, text, numbers, invented) => {
    for (const pieces of [[answer], answer.split("")]) {
      expect(check(pieces)).toMatchObject({ text, numbers, invented });
    }
  });

  test("is found in each form of answer whatever its surrogates are cut into", () => {
    const answer = "It does 😀 [1]. $𝒜$ is 😀[2].";
    expect(check(answer.split(""))).toMatchObject({ text: answer, numbers: [1, 2] });
  });
});
