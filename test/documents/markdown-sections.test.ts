import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markdownSections } from "../../src/documents/markdown-sections.ts";

/** Slug, heading path and text of each section. */
function outline(text: string): string[][] {
  return markdownSections(text).map(({ slug, headingPath, start, end }) => [
    slug,
    headingPath,
    text.slice(start, end),
  ]);
}

const titles = (text: string): string[] => markdownSections(text).map((each) => each.headingPath);

describe("markdownSections", () => {
  test("cuts at every heading and names those above", () => {
    const text = "Intro.\n# A\na\n## B\nb\n### C\nc\n## D\nd\n# E\ne\n";
    expect(outline(text)).toEqual([
      ["", "", "Intro.\n"],
      ["a", "A", "# A\na\n"],
      ["b", "A > B", "## B\nb\n"],
      ["c", "A > B > C", "### C\nc\n"],
      ["d", "A > D", "## D\nd\n"],
      ["e", "E", "# E\ne\n"],
    ]);
  });

  test("says where the text after the headings begins", () => {
    const text = "# A\n\n## B\n\nText.";
    const [section] = markdownSections(text);
    expect(text.slice(section?.bodyStart, section?.end)).toBe("\n\nText.");
  });

  test("takes a text without headings as one section, and a blank one as none", () => {
    expect(outline("One.\n\nTwo.")).toEqual([["", "", "One.\n\nTwo."]]);
    expect(outline("")).toEqual([]);
    expect(outline(" \n\n")).toEqual([]);
  });

  test("joins a heading with nothing under it to the section that follows", () => {
    expect(outline("# A\n\n## B\n\n### C\ntext\n## D\n")).toEqual([
      ["c", "A > B > C", "# A\n\n## B\n\n### C\ntext\n"],
      ["d", "A > D", "## D\n"],
    ]);
  });

  test("gives equal headings GitHub's numbers", () => {
    const text = "# Setup\na\n# Setup\nb\n# Setup\nc\n# Setup-1\nd\n";
    expect(outline(text).map(([slug]) => slug)).toEqual([
      "setup",
      "setup-1",
      "setup-2",
      "setup-1-1",
    ]);
  });

  test.each([
    [
      "## [Install][x] the package\ntext\n\n[x]: http://x",
      "install-the-package",
      "Install the package",
    ],
    ["## [1.2.0] - 2024\ntext\n\n[1.2.0]: http://x", "120---2024", "1.2.0 - 2024"],
    ["## [Install][X  y]\ntext\n\n> [x y]: http://x", "install", "Install"],
    ["## [1.2.0] - 2024\ntext", "120---2024", "[1.2.0] - 2024"],
    ["## [a]\n```\n[a]: http://x\n```", "a", "[a]"],
    ["## ~~old~~ new", "old-new", "old new"],
    ["## `~~a~~` ~~~b~~~ ~~ c", "a-b--c", "~~a~~ ~~~b~~~ ~~ c"],
  ])("reads the heading of %j as GitHub does", (text, slug, title) => {
    expect(outline(text)[0]?.slice(0, 2)).toEqual([slug, title]);
  });

  test("makes slugs as GitHub does", () => {
    const text = "# What's `new` in v1.5?\na\n# Ключи и 漢字\nb\n";
    expect(outline(text).map(([slug]) => slug)).toEqual(["whats-new-in-v15", "ключи-и-漢字"]);
  });

  test("cuts a heading to 200 characters, and never within one", () => {
    const [words, emoji] = ["word ".repeat(50_000), "🙂".repeat(150)];
    const [first, second] = markdownSections(`# ${words}\na\n## ${emoji}\nb`);
    expect(first?.headingPath).toBe(`${words.slice(0, 199)}…`);
    expect(first?.slug).toBe(words.slice(0, 199).replaceAll(" ", "-"));
    expect(second?.headingPath).toBe(`${first?.headingPath} > ${"🙂".repeat(99)}…`);
  });

  test("leaves a heading of 200 characters as it is", () => {
    expect(titles(`# ${"a".repeat(200)}\ntext`)).toEqual(["a".repeat(200)]);
  });

  test("distinguishes headings that begin with the same 200 characters", () => {
    const long = "a".repeat(200);
    const slugs = outline(`# ${long}b\ntext\n# ${long}c\ntext`).map(([slug]) => slug);
    expect(slugs).toEqual(["a".repeat(199), `${"a".repeat(199)}-1`]);
  });

  test.each([
    ["# A", "A"],
    ["   ###### A", "A"],
    ["#\tA\t", "A"],
    ["# A #", "A"],
    ["## A   ####  ", "A"],
    ["# A#", "A#"],
    ["# C# and F#", "C# and F#"],
    ["# A # b", "A # b"],
    ["## ##", ""],
    ["#", ""],
    ["# A\r", "A"],
    ["# A ##\r", "A"],
  ])("reads %j as the heading %j", (line, title) => {
    expect(titles(`Intro.\n${line}\ntext`)).toEqual(["", title]);
  });

  test.each([
    ["Title\n=====", "Title"],
    ["Two\nlines\n-----", "Two lines"],
    ['<h1 align="center">A</h1>\n', "A"],
    ["## [Install](https://example.org/x) the package", "Install the package"],
    ["## [Install] the ![big](b.png) one", "[Install] the big one"],
    ['## <a name="inst"></a>Install', "Install"],
    ["## _x_ and **y** and `z_z_z`", "x and y and z_z_z"],
    ["## snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"],
    ["## Q&amp;A", "Q&A"],
    ["## 1. First", "1. First"],
  ])("reads the words of the heading %j", (heading, title) => {
    expect(titles(`Intro.\n\n${heading}\ntext`)).toEqual(["", title]);
  });

  test("makes slugs of what a heading says, as GitHub does", () => {
    const headings = [
      "[Install](https://example.org/x) the package",
      "<a name='i'></a>Install",
      "_x_",
    ];
    const text = [...headings, "Q&amp;A"].map((heading) => `## ${heading}\ntext\n`).join("");
    const slugs = outline(text).map(([slug]) => slug);
    expect(slugs).toEqual(["install-the-package", "install", "x", "qa"]);
  });

  test("leaves front matter out of every section", () => {
    const text = "---\n# comment\ntitle: A\n---\n\n## Install\n\ntext";
    expect(outline(text)).toEqual([["install", "Install", "\n\n## Install\n\ntext"]]);
    expect(outline("---\ntitle: A\n---\n")).toEqual([]);
  });

  test("finds nothing in a text of comments", () => {
    expect(outline("<!-- a -->\n\n<!--\n# b\n-->\n")).toEqual([]);
  });

  test.each([
    "#A",
    "#hashtag words",
    "####### A",
    "    # A",
    "\t# A",
    "\\# A",
    "> # A",
    "- # A",
    "> Title\n> =====",
    "- Title\n  -----",
    "<pre>\n# A\n</pre>",
    "<!--\n# A\n-->",
  ])("reads %j as text", (lines) => {
    expect(titles(`Intro.\n${lines}\ntext`)).toEqual([""]);
  });

  test("reads CRLF as LF", () => {
    const text = "Intro.\n\n# A\n\na\n\n```\n# no\n```\n\n## B ##\n\nb\n";
    const withReturns = text.replaceAll("\n", "\r\n");
    expect(outline(withReturns)).toEqual(
      outline(text).map((part) => part.map((each) => each.replaceAll("\n", "\r\n"))),
    );
    expect(outline(text)).toHaveLength(3);
  });

  test.each([
    ["backticks", "```sh\n# no\n```\n"],
    ["tildes", "~~~\n# no\n~~~\n"],
    ["an indented fence", "   ```\n# no\n  ```\n"],
    ["a longer fence around a shorter one", "````md\n```\n# no\n```\n# no\n````\n"],
    ["backticks within tildes", "~~~\n```\n# no\n~~~\n"],
    ["a closing fence that is longer", "```\n# no\n`````\n"],
    ["a closing line with words behind it", "```\n``` no end\n# no\n```\n"],
    ["a closing line that is indented too far", "```\n    ```\n# no\n```\n"],
    ["tildes with backticks behind them", "~~~ a`b`\n# no\n~~~\n"],
  ])("sees no heading in code between %s, and the next one after it", (_name, code) => {
    expect(titles(`# A\n${code}# B\ntext`)).toEqual(["A", "B"]);
  });

  test("takes a fence that is never closed to the end", () => {
    expect(titles("# A\n```\n# no\n")).toEqual(["A"]);
  });

  test("does not take three backticks around words in a line for a fence", () => {
    expect(titles("# A\n```words``` in a line\n# B\ntext")).toEqual(["A", "B"]);
  });

  test("covers every character that is not blank, once and in order", () => {
    const piece = fc.constantFrom(
      "# A\n",
      "## B\n",
      "# \n",
      "\n",
      " ",
      "word\n",
      "```\n",
      "~~~~\n",
      "🙂",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        let reached = 0;
        for (const { start, bodyStart, end } of markdownSections(text)) {
          expect(text.slice(reached, start).trim()).toBe("");
          expect(bodyStart >= start && end >= bodyStart).toBe(true);
          reached = end;
        }
        expect(text.slice(reached).trim()).toBe("");
      }),
    );
  });

  // The limit is the time that a test has: what grows with the square would take hours.
  test.each([
    ["many headings", "# A\n".repeat(200_000)],
    ["a heading with a long gap", `# A${" ".repeat(1_000_000)}B`],
    ["a heading of hashes", `# ${"#".repeat(1_000_000)}B`],
    ["a line of backticks", `${"`".repeat(1_000_000)}B\``],
  ])("gets through %s", (_name, text) => {
    expect(markdownSections(text)).toHaveLength(1);
  });
});
