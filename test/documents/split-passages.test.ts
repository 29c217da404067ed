import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitPassages, type PassageMetadata } from "../../src/documents/split-passages.ts";

const guide = (pageContent: string, source = "guide.md"): Document =>
  new Document({ pageContent, metadata: { source } });
const longs = (count: number): string => "long ".repeat(count).trim();
const textsOf = (passages: readonly Document[]): string[] =>
  passages.map(({ pageContent }) => pageContent);

/** Markdown of every kind that shifts offsets or breaks boundaries. */
const headingLines = ["# A\n", "## B b #\n", "### C\r\n", `# ${"long ".repeat(20)}\n`, "D\n---\n"];
const blanks = ["\n", "\n\n", "\r\n\r\n", " ", "\t", "    ", "\uFEFF"];
const words = ["word ", "aaaa", "aa ", "ab", "- x\n", "> ", "***\n\n", "---\n\n"];
const blocks = ["```\n", "```", "~~~\n", "````\n", "\n\n| c | d |\n|---|---|\n", "| 1 | 2 |\n"];
const html = ["<div>\n", "\n<!-- no -->\n", "<!--", "-->\n", "<b>"];
const characters = ["🙂", "👩‍👩‍👧", "漢字", "שלום ", "e\u0301", "\uD83D", "\uDE42"];
const markdown = fc
  .array(fc.constantFrom(...headingLines, ...blanks, ...words, ...blocks, ...html, ...characters), {
    maxLength: 60,
  })
  .map((pieces) => pieces.join(""));
const limits = fc
  .tuple(fc.integer({ min: 2, max: 80 }), fc.double({ min: 0, max: 0.99, noNaN: true }))
  .map(([chunkSize, share]) => ({ chunkSize, chunkOverlap: Math.floor(chunkSize * share) }));

/** Letters and digits outside comments and tags: what a search can be for. */
function wordsIn(text: string): boolean[] {
  const said = text.replaceAll(/<!--.*?-->|<[^<>]*>/gs, (tag) => " ".repeat(tag.length));
  return said.split("").map((unit) => /[\p{L}\p{N}\p{Surrogate}]/u.test(unit));
}

/** Lines of a passage that its extent of the document does not contain, with comments or without. */
function linesBeside(passage: string, extent: string): string[] {
  const said = extent.replaceAll(/<!--(?:-?>|.*?-->)/gs, "");
  return passage.split(/[\r\n]+/).filter((line) => !extent.includes(line) && !said.includes(line));
}

describe("every passage", () => {
  test("has the text from start to end, none exceeds chunkSize, and no word is left out", async () => {
    await fc.assert(
      fc.asyncProperty(markdown, limits, async (text, options) => {
        const covered = new Uint8Array(text.length);
        for (const { pageContent, metadata } of await splitPassages([guide(text)], options)) {
          const framed = linesBeside(pageContent, text.slice(metadata["start"], metadata["end"]));
          expect(framed.filter((line) => !/^ *(?:[`~]{3,}|\|)/.test(line))).toEqual([]);
          expect(pageContent.length).toBeLessThanOrEqual(options.chunkSize);
          expect(pageContent.trim()).not.toBe("");
          covered.fill(1, metadata["start"], metadata["end"]);
        }
        const isWord = wordsIn(text);
        const lost = text.split("").filter((_unit, index) => isWord[index] && !covered[index]);
        expect(lost).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("holds code and tables whole, or in parts with their fence and their column names", async () => {
    const lines = fc.array(fc.constantFrom("let a = 1;", "", "    b();", "}", "| x | y |"), {
      minLength: 1,
      maxLength: 30,
    });
    const fence = fc
      .tuple(fc.constantFrom("```", "~~~~", "```js"), lines)
      .map(([marks, inner]) => ({
        kind: "code",
        text: [marks, ...inner, marks.replace("js", "")].join("\n"),
      }));
    const rows = fc.array(fc.constantFrom("| 1 | one |", "| 22 | two words |"), { maxLength: 30 });
    const table = rows.map((inner) => ({
      kind: "table",
      text: ["| number | name |", "|---|---|", ...inner].join("\n"),
    }));
    const prose = fc
      .constantFrom("A sentence of some words.", "## A heading", "- an item\n- another one")
      .map((text) => ({ kind: "prose", text }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fence, table, prose), { maxLength: 8 }), async (parts) => {
        const text = parts.map((part) => part.text).join("\n\n");
        const options = { chunkSize: 120, chunkOverlap: 20 };
        const contents = textsOf(await splitPassages([guide(text)], options));
        for (const content of contents) {
          expect(content.length).toBeLessThanOrEqual(120);
          expect((content.match(/^(?:```|~~~~)/gm) ?? []).length % 2).toBe(0);
          const outside = content.replaceAll(/^(```|~~~~)[^]*?^\1$/gm, "");
          const [head = "", firstRow] = outside.split(/^(\| (?:1|22) \|)/m);
          expect(firstRow === undefined || head.includes("| number | name |")).toBe(true);
        }
        const whole = parts.filter(
          ({ kind, text: { length } }) => kind !== "prose" && length <= 100,
        );
        const lost = whole.filter(
          (part) =>
            /[a-z0-9]/.test(part.text) && !contents.some((content) => content.includes(part.text)),
        );
        expect(lost).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("begins and ends between characters, never within one", async () => {
    const emoji = fc.array(fc.constantFrom("🙂", "漢", "𠀀", "a"), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(emoji, limits, async (units, options) => {
        const passages = await splitPassages([guide(units.join(""))], options);
        expect(textsOf(passages).every((text) => !/[\p{Surrogate}]/u.test(text))).toBe(true);
      }),
    );
  });

  test("has an id of its own, and the same one at the next run", async () => {
    const documents = fc.array(fc.tuple(markdown, fc.constantFrom("a.md", "b.md")), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(documents, limits, async (pairs, options) => {
        const guides = pairs.map(([text, source]) => guide(text, source));
        const ids = (await splitPassages(guides, options)).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect((await splitPassages(guides, options)).map(({ id }) => id)).toEqual(ids);
      }),
    );
  });

  test("has its position, and keeps its document's metadata", async () => {
    const text = "# LoRA\n\n## Memory\n\nIt trains less.\n";
    const document = new Document({
      pageContent: text,
      metadata: { source: "lora.md", tenant: "a" },
    });
    const [passage] = await splitPassages([document]);
    expect(passage).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      pageContent: "# LoRA\n\n## Memory\n\nIt trains less.",
      metadata: {
        source: "lora.md",
        tenant: "a",
        section: "memory",
        headingPath: "LoRA > Memory",
        start: 0,
        end: 34,
      } satisfies PassageMetadata & { tenant: string },
    });
  });
});

describe("splitPassages", () => {
  test("keeps a section that fits in one passage, and never mixes two", async () => {
    const passages = await splitPassages([
      guide("Intro.\n\n# A\n\nOne.\n\nTwo.\n\n# B\n\nThree.\n"),
    ]);
    expect(textsOf(passages)).toEqual(["Intro.", "# A\n\nOne.\n\nTwo.", "# B\n\nThree."]);
  });

  test("begins the first passage of a long section with its headings", async () => {
    const passages = await splitPassages([guide(`# A\n\n## B\n\n${longs(40)}`)], {
      chunkSize: 60,
      chunkOverlap: 10,
    });
    expect(passages.length).toBeGreaterThan(3);
    const [first = "", ...rest] = textsOf(passages);
    expect(first).toMatch(/^# A\n\n## B\n\nlong/);
    expect(rest.every((text) => text.startsWith("long"))).toBe(true);
    expect(passages.every(({ metadata }) => metadata["headingPath"] === "A > B")).toBe(true);
  });

  test("splits headings that would take more than half of a passage as if they were text", async () => {
    const passages = await splitPassages([guide(`# ${longs(19)}\n\nText.`)], {
      chunkSize: 50,
      chunkOverlap: 0,
    });
    expect(textsOf(passages)).toEqual([`# ${longs(9)}`, longs(10), "Text."]);
  });

  test("repeats at most chunkOverlap characters of the passage before", async () => {
    const text = Array.from({ length: 200 }, (_, index) => `word${index}`).join(" ");
    const passages = await splitPassages([guide(text)], { chunkSize: 100, chunkOverlap: 30 });
    const repeated = passages
      .slice(1)
      .map(({ metadata }, index) => Number(passages[index]?.metadata["end"]) - metadata["start"]);
    expect(Math.max(...repeated)).toBeLessThanOrEqual(30);
    expect(Math.min(...repeated)).toBeGreaterThan(0);
  });

  test("gives equal paragraphs different ids, and a passage that moved the same one", async () => {
    const paragraph = `${"equal ".repeat(7)}text.`;
    const options = { chunkSize: 60, chunkOverlap: 0 };
    const before = await splitPassages([guide(`# A\n\n${paragraph}\n\n${paragraph}`)], options);
    const after = await splitPassages(
      [guide(`# A\n\nNew words, put before the others.\n\n${paragraph}\n\n${paragraph}`)],
      options,
    );
    const idsOf = (passages: readonly Document[]): unknown[] =>
      passages.filter(({ pageContent }) => pageContent === paragraph).map(({ id }) => id);
    expect(idsOf(after)).toHaveLength(2);
    expect(new Set(idsOf(after)).size).toBe(2);
    expect(idsOf(after)).toEqual(expect.arrayContaining(idsOf(before)));
    expect(idsOf(before).length).toBeGreaterThan(0);
  });

  test("repeats the column names in each part of a long table", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `| option-${row} | what it does |`);
    const table = ["| name | meaning |", "| --- | --- |", ...rows].join("\n");
    const passages = await splitPassages([guide(`# Options\n\n${table}\n`)], { chunkSize: 256 });
    expect(passages.length).toBeGreaterThan(3);
    const [headings = "", ...parts] = textsOf(passages);
    expect(headings).toBe("# Options");
    expect(parts.every((text) => text.startsWith("| name | meaning |\n| --- | --- |\n|"))).toBe(
      true,
    );
    expect(rows.every((row) => parts.some((text) => text.includes(row)))).toBe(true);
  });

  test.each(["\n", ""])(
    "repeats the column names of a table in HTML, rows joined by %j",
    async (end) => {
      const head = ["<table>", "<thead><tr><th>name</th></tr><!-- secret --></thead>", "<tbody>"];
      const rows = Array.from({ length: 30 }, (_, row) => `<tr><td>option-${row}</td></tr>`);
      const table = [...head, ...rows, "</tbody>", "</table>"].join(end);
      const passages = await splitPassages([guide(`A.\n\n${table}\n\nB.`)], { chunkSize: 256 });
      const [first, ...parts] = textsOf(passages).slice(0, -1);
      expect(first).toBe("A.");
      expect(parts.length).toBeGreaterThan(3);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(256);
        expect(part).toMatch(/^<table>.*<th>name<\/th>.*<\/table>$/s);
        expect(part).not.toContain("secret");
      }
      expect(rows.every((row) => parts.some((part) => part.includes(row)))).toBe(true);
    },
  );

  test.each([
    "<table>\n<tr><th>a</th></tr>\n<tr><td>one two three</td></tr>\n</table>",
    "<div>\n<table>\n<tr><td>one two three four</td></tr>\n</table>\n</div>",
    "<pre><code>one two\n\nthree four five six\n\nseven</code></pre>",
    "- | a | b |\n  |:--|--:|\n  | one two three | four five six |",
    "> ```\n> one two three\n>\n> four five six\n> ```",
  ])("keeps %j whole between paragraphs", async (block) => {
    const text = `${longs(12)}\n\n${block}\n\n${longs(12)}`;
    for (const chunkSize of [90, 120, 150]) {
      const contents = textsOf(await splitPassages([guide(text)], { chunkSize, chunkOverlap: 20 }));
      const holding = contents.filter((content) =>
        /one|two|three|four|five|six|seven/.test(content),
      );
      expect(holding).toEqual([expect.stringContaining(block)]);
    }
  });

  test("repeats the fence around each part of long code, and keeps its indentation", async () => {
    const lines = Array.from({ length: 20 }, (_, line) => `    call(${line});\n`).join("\n");
    const passages = await splitPassages([guide(`\`\`\`js\n${lines}\`\`\``)], { chunkSize: 100 });
    expect(passages.length).toBeGreaterThan(3);
    const fenced = /^```js\n {4}call\(\d+\);(?:\n\n {4}call\(\d+\);)*\n```$/;
    expect(textsOf(passages).filter((text) => !fenced.test(text))).toEqual([]);
  });

  test("makes no passage of marks and tags, and leaves comments out", async () => {
    const text =
      '# A\n\nOne.\n\n<!-- secret -->\n\nTwo.\n\n# B\n\n***\n\n<a id="x"></a>\n\n```\n```\n';
    const [first, second, ...rest] = textsOf(await splitPassages([guide(text)]));
    expect(first).toMatch(/^# A\n\nOne\.\s+Two\.$/);
    expect(second).toMatch(/^# B/);
    expect(rest).toEqual([]);
    expect(textsOf(await splitPassages([guide("***\n\n<!-- secret -->\n\n---\n")]))).toEqual([]);
  });

  test.each([
    ["title: The guide", "The guide"],
    ["title: 'The guide' ", "The guide"],
    ["title: The guide # note", "The guide"],
    ['title = "The guide"', "The guide"],
    ["tags: [a]", undefined],
    ["title: >-\n  Folded\n  twice", "Folded twice"],
    ["title: | # note\n  # One\ntags: [a]", "# One"],
    ["title: The long\n  guide", "The long guide"],
    ["title:\n  en: The guide", undefined],
    ["title: 'It''s' # note", "It's"],
    ['title: "a \\"b\\" \\u00e9"', 'a "b" é'],
    ["'title': The guide", "The guide"],
    ["title = 'a \\b' # note", "a \\b"],
    ['date = 2020\n[extra]\ntitle = "No"', undefined],
  ])("takes the title from the front matter %j, and no text", async (line, title) => {
    const marks = line.includes("=") ? "+++" : "---";
    const document = guide(`${marks}\n${line}\n${marks}\n\nText.`);
    const [passage] = await splitPassages([document]);
    expect(passage?.pageContent).toBe("Text.");
    expect(passage?.metadata["title"]).toBe(title);
    const { pageContent, metadata } = document;
    const own = { pageContent, metadata: { ...metadata, title: "Own" } };
    expect((await splitPassages([own]))[0]?.metadata["title"]).toBe("Own");
  });

  test("leaves out front matter that ends as a YAML document may", async () => {
    const [passage, ...rest] = await splitPassages([guide("---\ntitle: A\n# b\n...\n\n## C\nd")]);
    expect(rest).toEqual([]);
    expect(passage?.metadata).toMatchObject({ title: "A", headingPath: "C" });
  });

  test.each([
    ["# Use\n\n    def f():\n        return 1\n", 512],
    [`1. ${longs(30)}\n\n    \`\`\`js\n    f();\n    g();\n    \`\`\`\n\n2. next`, 156],
    [`- ${longs(8)}\n  - ${longs(6)}\n  - ${longs(6)}`, 50],
  ])("keeps the indentation of %j", async (text, chunkSize) => {
    const passages = await splitPassages([guide(text)], { chunkSize, chunkOverlap: 0 });
    for (const { pageContent, metadata } of passages) {
      expect(pageContent).toBe(text.slice(metadata["start"], metadata["end"]));
      expect(text.slice(0, metadata["start"])).not.toMatch(/(?:^|\n)[ \t]+$/);
      expect((pageContent.match(/```/g) ?? []).length % 2).toBe(0);
    }
  });

  test.each([
    '```\n<server port="8080"/>\n```',
    "    <br>",
    "`<br>`",
    "<https://example.org/docs>",
    "<me@example.org>",
    "a < b > c",
    "\\<br>",
  ])("makes a passage of %j", async (text) => {
    const [passage] = await splitPassages([guide(text)]);
    expect(passage?.pageContent).toBe(text);
  });

  test.each([
    "&nbsp;\n\n* * *\n\n<br>\n\n![](x.png)",
    "[](#top)&#160;",
    '# <a id="x"></a>\n\n<br/>',
    "| |\n|-|\n| <br> |",
    "<!-- a -->\n<!DOCTYPE html>",
  ])("makes no passage of %j", async (text) => {
    expect(await splitPassages([guide(text)])).toEqual([]);
  });

  test.each([
    ["Visible <!-- secret --> text.", "Visible  text."],
    ["<!--\nsecret\n--> visible", "visible"],
    ["> <!-- secret -->\n> text", "> \n> text"],
    ["# A <!-- secret -->\n\n- b <!--\nsecret\n-->", "# A \n\n- b"],
    ["<div>\nb <!-- secret `a -->\n</div>", "<div>\nb \n</div>"],
    ["| a |\n|---|\n| ` <!-- secret --> b |\n| ` |", "| a |\n|---|\n| `  b |\n| ` |"],
    ["a `\n\nb <!-- secret --> `", "a `\n\nb  `"],
    ["Code `<!-- a -->` and \\<!-- b -->", "Code `<!-- a -->` and \\<!-- b -->"],
    ["```\n<!-- a -->\n```", "```\n<!-- a -->\n```"],
    ["A comment <!-- without an end", "A comment <!-- without an end"],
  ])("leaves the comments out of %j", async (text, said) => {
    const passages = await splitPassages([guide(text)]);
    expect(textsOf(passages).map((each) => each.trim())).toEqual([said]);
  });

  test("leaves the comments out of each part of a long table", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `| option-${row} <!-- secret --> | b |`);
    const table = ["| name <!-- secret --> | c |", "| --- | --- |", ...rows].join("\n");
    const contents = textsOf(await splitPassages([guide(table)], { chunkSize: 100 }));
    expect(contents.length).toBeGreaterThan(3);
    expect(contents.filter((text) => !/^\| name {2}\| c \|\n/.test(text))).toEqual([]);
    expect(contents.join("\n")).not.toContain("secret");
    expect(contents.join("\n").match(/option-\d+/g)).toHaveLength(30);
  });

  test.each(["\n", "\r\n", "\r"])(
    "keeps code of any length whole between line ends %j",
    async (end) => {
      for (let length = 480; length <= 512; length += 1) {
        const code = ["```", "abcd ".repeat(100).slice(0, length - 6 - 2 * end.length), "```"].join(
          end,
        );
        const text = ["Intro.", "", code, "", "After."].join(end);
        const contents = textsOf(await splitPassages([guide(text)]));
        expect(contents.filter((content) => content.includes(code))).toHaveLength(1);
        expect(contents.join("").match(/abcd/g)).toHaveLength(code.match(/abcd/g)?.length ?? 0);
      }
    },
  );

  test("repeats only the language of a fence line that is long", async () => {
    const code = `\`\`\`js title="${longs(12)}"\n${"call();\n".repeat(20)}\`\`\``;
    const contents = textsOf(await splitPassages([guide(code)], { chunkSize: 100 }));
    expect(contents.filter((text) => !/^```js\n(?:call\(\);\n)+```$/.test(text))).toEqual([]);
  });

  test("parts a long section at its rules and fences before its paragraphs", async () => {
    const text = "One.\n\nTwo.\n\n---\n\nThree.\n\nFour.";
    const passages = await splitPassages([guide(text)], { chunkSize: 24, chunkOverlap: 0 });
    expect(textsOf(passages)).toEqual(["One.\n\nTwo.", "---\n\nThree.\n\nFour."]);
  });

  test("gives a passage the same id with any other files", async () => {
    const [alone] = await splitPassages([guide("Same.", "b.md")]);
    const [, beside] = await splitPassages([guide("Same.", "a.md"), guide("Same.", "b.md")]);
    expect(beside?.id).toBe(alone?.id);
  });

  test("distinguishes equal texts of two files and of two headings", async () => {
    const passages = await splitPassages([
      guide("Same.", "a.md"),
      guide("Same.", "b.md"),
      guide("# A\nSame.\n# B\nSame."),
    ]);
    expect(new Set(passages.map(({ id }) => id)).size).toBe(4);
  });

  test("does not change the documents that it was given, at any depth", async () => {
    const tags = Object.freeze(["a"]);
    const metadata = Object.freeze({ source: "a.md", nested: Object.freeze({ tags }) });
    const document = Object.freeze({ pageContent: "# A\n\nText.", metadata, id: "own" });
    const documents = Object.freeze([document]);
    const before = structuredClone(documents);
    const [passage] = await splitPassages(documents);
    expect(documents).toEqual(before);
    expect(passage?.metadata).not.toBe(metadata);
    expect(passage?.id).not.toBe("own");
  });

  test("returns nothing for nothing", async () => {
    expect(await splitPassages([])).toEqual([]);
    expect(await splitPassages([guide(""), guide(" \n\n")])).toEqual([]);
  });

  test("takes a document without a source", async () => {
    const [passage] = await splitPassages([new Document({ pageContent: "Text." })]);
    expect(passage?.metadata).toMatchObject({ source: "", section: "", headingPath: "" });
  });

  test.each([
    [{ chunkSize: 1 }, "Expected `chunkSize` to be a whole number of at least 2, got 1."],
    [{ chunkSize: 2.5 }, "Expected `chunkSize` to be a whole number of at least 2, got 2.5."],
    [{ chunkOverlap: -1 }, "Expected `chunkOverlap` to be a whole number of at least 0, got -1."],
    [
      { chunkSize: 50, chunkOverlap: 50 },
      "Expected `chunkOverlap` to be less than `chunkSize` (50), got 50.",
    ],
    [{ chunkSize: 50 }, "Expected `chunkOverlap` to be less than `chunkSize` (50), got 50."],
  ])("refuses %o", async (options, message) => {
    const outcome = splitPassages([guide("Text.")], options);
    await expect(outcome).rejects.toMatchObject({ code: "invalid-option", message });
  });

  test("keeps only the beginning of a heading, so that the size of passages stays linear in the text", async () => {
    const text = `# ${"word ".repeat(50_000)}\n\n${longs(2000)}`;
    const passages = await splitPassages([guide(text)]);
    expect(passages.length).toBeGreaterThan(500);
    expect(JSON.stringify(passages).length).toBeLessThan(3 * text.length);
    expect(textsOf(passages).join("").length).toBeGreaterThan(text.length / 2);
  });

  test("keeps as much of a title as of a heading", async () => {
    for (const [marks, is] of [
      ["---", ": "],
      ["+++", " = "],
    ]) {
      const text = `${marks}\ntitle${is}${"word ".repeat(30_000)}\n${marks}\n\n${longs(30_000)}`;
      const passages = await splitPassages([guide(text)]);
      expect(String(passages[0]?.metadata["title"])).toHaveLength(200);
      expect(JSON.stringify(passages).length).toBeLessThan(4 * text.length);
    }
  });

  test("keeps at most six headings of 200 characters", async () => {
    const text = Array.from({ length: 10_000 }, (_, index) => {
      const level = "#".repeat((index % 6) + 1);
      return `${level} ${"h".repeat(300)}\ntext ${index}\n`;
    }).join("");
    const passages = await splitPassages([guide(text)]);
    const paths = passages.map(({ metadata }) => String(metadata["headingPath"]).length);
    expect(Math.max(...paths)).toBe(6 * 200 + 5 * " > ".length);
    expect(new Set(passages.map(({ metadata }) => metadata["section"])).size).toBe(10_000);
  });

  test("refuses a source that is longer than any path", async () => {
    expect(await splitPassages([guide("Text.", "s".repeat(4096))])).toHaveLength(1);
    await expect(splitPassages([guide("Text.", "s".repeat(4097))])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining(
        "Expected `metadata.source` to have at most 4096 characters, got 4097",
      ),
    });
  });

  // The limit is the time that a test has: what grows with the square would take hours.
  test.each([
    ["sections", "# Title\n\nSome words of a paragraph.\n\n".repeat(140_000)],
    ["one paragraph", "word ".repeat(1_000_000)],
  ])("splits 5 MB of %s while a test may run", async (_name, text) => {
    expect((await splitPassages([guide(text)])).length).toBeGreaterThan(10_000);
  });
});

test("keeps a document's own values under the names of a passage's fields, also if it is split again", async () => {
  const metadata = { source: "talk.md", start: 754.2, section: "HR-3" };
  const document = new Document({ pageContent: "# Leave\n\nTwenty days.", metadata });
  const passages = await splitPassages([document]);
  const own = { documentStart: 754.2, documentSection: "HR-3" };
  expect(passages[0]?.metadata).toMatchObject({ ...own, section: "leave", start: 0 });
  const [again] = await splitPassages(passages);
  expect(again?.metadata).toMatchObject(own);
  expect(metadata).toEqual({ source: "talk.md", start: 754.2, section: "HR-3" });
});
