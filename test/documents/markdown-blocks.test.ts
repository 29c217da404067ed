import { Parser } from "commonmark";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { takeAtOnce } from "../../src/breather.ts";
import { blockSteps, type MarkdownBlock } from "../../src/documents/markdown-blocks.ts";

const blocksOf = (text: string): MarkdownBlock[] => takeAtOnce(blockSteps(text));
/** Kind and text of each block. */
const outline = (text: string): string[][] =>
  blocksOf(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

describe("the blocks of a Markdown text", () => {
  test.each([
    ["a fence", "```js\n# no\n```", [["code", "```js\n# no\n```"]]],
    ["a fence of tildes in a quote", "> ~~~\n> # no\n> ~~~", [["code", "> ~~~\n> # no\n> ~~~"]]],
    ["a fence in a list", "- a\n\n  ```\n  # no\n  ```\nb", [["code", "  ```\n  # no\n  ```"]]],
    ["indented code", "a\n\n    # no\n\n    b\n\nc", [["code", "    # no\n\n    b"]]],
    [
      "a table",
      "a\n\n| b | c |\n| - | - |\n| d |\n\ne",
      [["table", "| b | c |\n| - | - |\n| d |"]],
    ],
    ["a table without outer pipes", "b | c\n--|--\nd | e", [["table", "b | c\n--|--\nd | e"]]],
    ["a table behind a paragraph", "a\nb | c\n-|-\nd | e", [["table", "b | c\n-|-\nd | e"]]],
    ["pipes in cells", "b \\| c | d\n-|-\n1|2", [["table", "b \\| c | d\n-|-\n1|2"]]],
    ["no table: other widths", "b | c\n-\nd", [["heading", "b | c\n-"]]],
    ["a heading with marks", "## A ##", [["heading", "## A ##"]]],
    ["an underlined heading of two lines", "A\nB\n===\nc", [["heading", "A\nB\n==="]]],
    ["a rule", "A\n\n---\nb", []],
    [
      "a verbatim block",
      "<pre>\n\n# no\n</pre>\n# A",
      [
        ["html", "<pre>\n\n# no\n</pre>"],
        ["heading", "# A"],
      ],
    ],
    ["a comment", "<!--\n# no\n-->\na", [["comment", "<!--\n# no\n-->"]]],
    ["text behind a comment", "<!-- a --> b", [["html", "<!-- a --> b"]]],
    ["a comment without an end", "<!-- a\n\n# no", [["html", "<!-- a\n\n# no"]]],
    [
      "HTML up to a blank line",
      "<div>\n# no\n\n# A",
      [
        ["html", "<div>\n# no"],
        ["heading", "# A"],
      ],
    ],
    [
      "a heading in HTML",
      '<h1 align="center">A</h1>\n\nb',
      [["heading", '<h1 align="center">A</h1>']],
    ],
    [
      "front matter",
      "---\n# a\nb: c\n---\n# A",
      [
        ["front matter", "---\n# a\nb: c\n---"],
        ["heading", "# A"],
      ],
    ],
    ["front matter in TOML", "+++\na = 1\n+++\nb", [["front matter", "+++\na = 1\n+++"]]],
    ["two rules at the beginning", "---\n\na\n\n---\n", []],
    [
      "CRLF",
      "# A\r\n\r\n```\r\nb\r\n```\r\n",
      [
        ["heading", "# A"],
        ["code", "```\r\nb\r\n```"],
      ],
    ],
    ["a byte order mark", "\ufeff# A", [["heading", "# A"]]],
  ])("%s", (_name, text, expected) => {
    expect(outline(text)).toEqual(expected);
  });

  test("their depth counts quotes and list items, down to 32", () => {
    expect(blocksOf("> - # A").map(({ depth }) => depth)).toEqual([2]);
    expect(blocksOf(`${"> ".repeat(40)}# A`)).toEqual([]);
  });

  test("begin, nest and count as in the reference implementation", () => {
    const marks = [
      "",
      "",
      "",
      " ",
      "  ",
      "   ",
      "    ",
      "\t",
      "> ",
      ">",
      "- ",
      "* ",
      "1. ",
      "10) ",
      "-\t",
    ];
    const words = [
      "text",
      "# A",
      "## B ##",
      "###",
      "#no",
      "```",
      "```js",
      "~~~~",
      "---",
      "===",
      "- - -",
      "***",
    ];
    const tags = [
      "<div>",
      "</div>",
      "<!-- c -->",
      "<!-- open",
      "-->",
      "<pre>",
      "</pre>",
      "<b>",
      "a <b>c</b>",
    ];
    const line = fc
      .tuple(
        fc.constantFrom(...marks),
        fc.constantFrom(...marks),
        fc.constantFrom("", ...words, ...tags),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
        const text = lines.join("\n");
        const ours = blocksOf(text).filter(
          ({ kind }) => kind !== "table" && kind !== "front matter",
        );
        expect(ours.map((block) => described(text, block))).toEqual(referenceOf(text));
      }),
      { numRuns: 3000 },
    );
  });
});

function described(text: string, { kind, start, depth, level }: MarkdownBlock): string {
  const line = text.slice(0, start).split("\n").length;
  if (kind === "heading") return `heading ${line} ${depth} ${level}`;
  return `${kind === "code" ? "code" : "html"} ${line} ${depth}`;
}

/** Headings, code and HTML by commonmark.js, the implementation that the specification comes with. */
function referenceOf(text: string): string[] {
  const found: string[] = [];
  const walker = new Parser().parse(text).walker();
  let depth = 0;
  for (let step = walker.next(); step; step = walker.next()) {
    const { node, entering } = step;
    if (node.type === "block_quote" || node.type === "item") depth += entering ? 1 : -1;
    const line = node.sourcepos?.[0][0];
    if (!entering) continue;
    if (node.type === "heading") found.push(`heading ${line} ${depth} ${node.level}`);
    if (node.type === "code_block") found.push(`code ${line} ${depth}`);
    if (node.type === "html_block") found.push(`html ${line} ${depth}`);
  }
  return found;
}
