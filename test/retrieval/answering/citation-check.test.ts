import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CitationCheck } from "../../../src/retrieval/answering/citation-check.ts";
import { entityReader, type EntityReader } from "../../../src/text/prompt-text.ts";

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
    ["&amp;lt; &gt; &#60; & &amp", "&lt; &gt; &#60; & &amp"],
  ])("reads of %j what the passages brought, and makes no marker of it", (answer, text) => {
    const pieces = answer.split("");
    for (const given of [[answer], pieces]) {
      expect(check(given, readEntity)).toMatchObject({ text, invented: [] });
    }
  });

  test("holds back an entity until it is whole, and that of a bracket until it is no marker", () => {
    const { pieces } = check(["a &l", "t; b&#9", "1;", "1", ", 8", "] &#91;", "x"], readEntity);
    expect(pieces).toEqual(["a ", "< b", "", "", "", "&#91;1, 8] ", "[x", ""]);
  });

  test("reads no entity into a marker that names a passage outside code", () => {
    const parts = ["&#91;", "[1]", "[7]", "1", "2", "]", ",", " ", "&lt;", "&amp;", "#91;", "a"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 14 }), (pieces) => {
        const checked = new CitationCheck(3, readEntity);
        for (const piece of pieces) checked.push(piece);
        checked.end();
        const markers = [...checked.text.matchAll(/\[\s*([1-3])\s*\]/g)].map(({ index }) => index);
        expect(markers).toEqual(checked.citations.map(({ start }) => start));
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
      "A ` alone does not hide [7].\nNor ` here",
      "A ` alone does not hide.\nNor ` here",
      [],
      ["[7]"],
    ],
    ["It was cut off [1", "It was cut off", [], ["[1"]],
    ["It was cut off [", undefined, [], []],
    ["Ends in blanks  ", undefined, [], []],
    ["", undefined, [], []],
  ])("of %j makes %j", (answer, text, numbers, invented) => {
    expect(check([answer])).toMatchObject({ text: text ?? answer, numbers, invented });
  });

  test("tells where a marker that was taken out would stand", () => {
    const checked = new CitationCheck(1);
    checked.push("One [1] two [5], three.");
    expect(checked.invented).toEqual([{ marker: "[5]", position: "One [1] two".length }]);
  });

  test("holds back what may become a marker, and nothing else", () => {
    const { pieces } = check(["It ", "does", " [", "1", "]", ", well", " [7", "]."]);
    expect(pieces).toEqual(["It", " does", "", "", " [1]", ", well", "", ".", ""]);
  });

  test("gives the same whatever pieces the answer comes in", () => {
    const markers = ["[1]", "[7]", " [2, 8]", "[", "]", "x[3]"];
    const entities = ["&#91;", "&lt;", "&gt;", "&"];
    const parts = [...markers, ...entities, " ", "`", "```", "\n", "a", "7", ","];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts), { maxLength: 14 }),
        fc.array(fc.nat(40), { maxLength: 6 }),
        (words, cuts) => {
          const answer = words.join("");
          const places = [0, ...cuts, answer.length].toSorted((a, b) => a - b);
          const pieces = places.map((place, index) => answer.slice(place, places[index + 1]));
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

  test("lets no made-up marker pass outside code", () => {
    const parts = ["[1]", "[7]", "[ 8 ]", "[2,9]", "[", "]", " ", "\n", "a", "7", ","];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 20 }), (pieces) => {
        for (const [, number] of check(pieces).text.matchAll(/\[\s*(\d+)\s*\]/g)) {
          expect(Number(number)).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
