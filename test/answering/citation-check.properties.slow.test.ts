import * as fc from "fast-check";
import { parse, postprocess, preprocess } from "micromark";
import { describe, expect, test } from "vitest";
import { CitationCheck } from "../../src/answering/citation-check.ts";

interface Checked {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly invented: readonly string[];
}

function check(pieces: readonly string[]): Checked {
  const checked = new CitationCheck(3);
  const through = [...pieces.map((piece) => checked.push(piece)), checked.end()];
  expect(through.join("")).toBe(checked.text);
  return {
    text: checked.text,
    numbers: checked.citations.map(({ number, start, end }) => {
      expect(checked.text.slice(start, end)).toBe(`[${number}]`);
      return number;
    }),
    invented: checked.invented.map(({ marker }) => marker),
  };
}

/** The answer in pieces that end at these offsets. */
function piecesOf(answer: string, cuts: readonly number[]): string[] {
  const offsets = [0, ...cuts.map((cut) => cut % (answer.length + 1)), answer.length];
  const ordered = offsets.toSorted((a, b) => a - b);
  return ordered.map((offset, index) => answer.slice(offset, ordered[index + 1]));
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** A part of an answer, and what is to come of it. */
interface Part extends Checked {
  readonly source: string;
}

const same = (source: string, ...numbers: number[]): Part => ({
  source,
  text: source,
  numbers,
  invented: [],
});

/** Parts of a paragraph, each with a blank before it. */
const inline: readonly Part[] = [
  ..."word|two words|**bold**|2021|$5|a_b|it costs $5,000|5 > 4|“so”|(aside)|😀|说".split("|"),
  ..."rows[0]|rows[7]|x[1]|(0, 1]|[0, 1]|[2021]|[x]|[]".split("|"),
  "`rows[1] [7]`",
  "``a ` [1] [7]``",
  "$w[2] + [1]$",
  "$$[1] [7]$$",
  String.raw`\([1, 7]\)`,
  "[1](https://example.org/doc)",
  "[the doc](https://example.org/a[1].md)",
  "https://example.org/a[7]",
  '{"ids": [1, 7]}',
  "{'ids': [1, 7]}",
  "{ids: [1, 7]}",
  "f()[7].name",
  "rows()[1].x",
  "a?.[7]",
  "the interval [1, 7]",
  "the range [1, 3]",
]
  .map((source) => same(` ${source}`))
  .concat([
    same(" [1]", 1),
    same(" [2][3]", 2, 3),
    { source: " [1, 3]", text: " [1][3]", numbers: [1, 3], invented: [] },
    { source: " [2-3]", text: " [2][3]", numbers: [2, 3], invented: [] },
    { source: "【1】", text: "[1]", numbers: [1], invented: [] },
    { source: " 【2†source】", text: " [2]", numbers: [2], invented: [] },
    { source: " [Passage 3]", text: " [3]", numbers: [3], invented: [] },
    { source: " 【4:1†a.md】", text: " [1]", numbers: [1], invented: [] },
    { source: " [cite: 1, 2]", text: " [1][2]", numbers: [1, 2], invented: [] },
    { source: " [Quelle 2]", text: " [2]", numbers: [2], invented: [] },
    same(" $20[1]", 1),
    same(" $O(n)$[1]", 1),
    { source: " [7]", text: "", numbers: [], invented: ["[7]"] },
    { source: " 【9】", text: "", numbers: [], invented: ["【9】"] },
    { source: " [^8]", text: "", numbers: [], invented: ["[^8]"] },
  ]);

const code = ["x = rows[0]", "a [7] [1]", "[2]", "", "  - [1]", "> [7]"];

function joined(parts: readonly Part[], between = ""): Part {
  return {
    source: parts.map(({ source }) => source).join(between),
    text: parts.map(({ text }) => text).join(between),
    numbers: parts.flatMap(({ numbers }) => numbers),
    invented: parts.flatMap(({ invented }) => invented),
  };
}

/** A word after each marker keeps two from being read as one, and a full stop ends the sentence. */
const paragraph = fc
  .array(fc.constantFrom(...inline), { minLength: 1, maxLength: 8 })
  .map((parts) =>
    joined([same("So"), ...parts.flatMap((part) => [part, same(", and")]), same(".")]),
  );

const fence = fc
  .tuple(
    fc.constantFrom("```", "~~~", "````ts"),
    fc.array(fc.constantFrom(...code), { maxLength: 5 }),
  )
  .map(([mark, lines]) => same([mark, ...lines, mark.replace("ts", "")].join("\n")));

const indented = fc
  .array(fc.constantFrom(...code), { minLength: 1, maxLength: 4 })
  .map((lines) => same(["So:\n", ...lines.map((line) => `    ${line}`)].join("\n")));

const block = fc.oneof({ weight: 3, arbitrary: paragraph }, fence, indented);

/** The block within these containers, such as a list item in a quotation. */
function within({ source, text, ...rest }: Part, containers: readonly string[]): Part {
  const enter = (body: string): string =>
    containers.reduceRight(
      (inner, mark) =>
        inner
          .split("\n")
          .map(
            (line, index) =>
              (index === 0 || mark === "> " ? mark : "   ".slice(0, mark.length)) + line,
          )
          .join("\n"),
      body,
    );
  return { source: enter(source), text: enter(text), ...rest };
}

const answer = fc
  .array(
    fc
      .tuple(block, fc.array(fc.constantFrom("> ", "- ", "1. "), { maxLength: 3 }))
      .map(([part, containers]) => within(part, containers)),
    { minLength: 1, maxLength: 5 },
  )
  .map((blocks) => joined(blocks, "\n\nNext\n\n"));

describe("of any answer", () => {
  test("nothing but markers is changed, whatever pieces it comes in", () => {
    fc.assert(
      fc.property(answer, cuts, ({ source, ...expected }, offsets) => {
        expect(check([source])).toEqual(expected);
        expect(check(piecesOf(source, offsets))).toEqual(expected);
      }),
      { numRuns: 10_000, seed: 1 },
    );
  });

  test("text and citations are the same whatever pieces it comes in", () => {
    const parts = [
      ..."[ ] [1] [7] [2,8] [1-9] x[3] 【1】 [^1] [cite: 【4: †a】 &#93; &gt; ?. f() in range $2 { ' ( ) ]( : = $ $$ \\ \\( \\) \\[ \\] ` `` ``` ~~~ & &lt; 5 7 , . a 😀 >".split(
        " ",
      ),
      ..."#|- |1. |> | |    |\t|\n|\n\n|---|***|\r\n".split("|"),
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 40 }), cuts, (all, offsets) => {
        const source = all.join("");
        expect(check(piecesOf(source, offsets))).toEqual(check([source]));
      }),
      { numRuns: 30_000, seed: 2 },
    );
  });

  test("long code that waits for its end is the same in pieces, too", () => {
    const line = fc.constantFrom("a [7] ` b", "`", "~~~", "$$", "\\[", "", "c [1]", "> d [7]");
    const lines = fc.array(line, { minLength: 40, maxLength: 120 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 50 }), (all, length) => {
        const source = `\`\`${all.join("\n")}`;
        const offsets = Array.from(
          { length: Math.ceil(source.length / length) },
          (_, at) => at * length,
        );
        expect(check(piecesOf(source, offsets))).toEqual(check([source]));
      }),
      { numRuns: 1000, seed: 3 },
    );
  });
});

/** How many markers stand in code, as micromark reads the text. */
function markersInCode(source: string): number {
  const chunks = preprocess()(source, undefined, true);
  const events = postprocess(
    parse({
      extensions: [{ disable: { null: ["htmlFlow", "htmlText", "autolink", "definition"] } }],
    })
      .document()
      .write(chunks),
  );
  const inCode = new Set<number>();
  for (const [kind, { type, start, end }] of events) {
    if (kind !== "exit" || !["codeFenced", "codeIndented", "codeText"].includes(type)) continue;
    for (const { index } of source.matchAll(/【7】/g)) {
      if (index >= start.offset && index < end.offset) inCode.add(index);
    }
  }
  return inCode.size;
}

test("code is what micromark takes for code", () => {
  const parts = "【7】|a|`|``|```|~~~|\n|\n\n|\n\n|    |  |   |> |- |1. |\t|# |---\n|***\n".split(
    "|",
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts, "\n"), { maxLength: 24 }), (all) => {
      const source = all.join("");
      const left = check([source]).text.match(/【7】/g)?.length ?? 0;
      expect(left).toBe(markersInCode(source));
    }),
    { numRuns: 30_000, seed: 4 },
  );
});
