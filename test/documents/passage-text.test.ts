import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { passageText } from "../../src/documents/passage-text.ts";
import { splitPassages } from "../../src/documents/split-passages.ts";

const read = (pageContent: string, metadata: Record<string, unknown>, fields: string[]): string =>
  passageText(new Document({ pageContent, metadata }), { passageFields: fields });

const headed = (pageContent: string, headingPath: string): string =>
  read(pageContent, { headingPath }, ["headingPath"]);

describe("passageText", () => {
  test("is the document's text without fields, or without values for them", () => {
    const metadata = { headingPath: "A", list: ["a"], nothing: null, blank: " " };
    expect(passageText(new Document({ pageContent: "Text.", metadata }))).toBe("Text.");
    expect(read("Text.", metadata, [])).toBe("Text.");
    expect(read("Text.", metadata, ["list", "nothing", "blank", "missing", "toString"])).toBe(
      "Text.",
    );
  });

  test("puts each value on a line of its own, in the order of the fields", () => {
    const metadata = { headingPath: "A > B", title: "The\n guide", year: 2020, isDraft: false };
    expect(read("Text.", metadata, ["title", "year", "isDraft", "headingPath"])).toBe(
      "The guide\n2020\nfalse\nA > B\n\nText.",
    );
  });

  test.each([
    ["## B\n\nText.", "A > B", "A\n\n## B\n\nText."],
    ["# A\n\n## B\n\nText.", "A > B", "# A\n\n## B\n\nText."],
    ["## The `b` option\nText.", "A > The b option", "A\n\n## The `b` option\nText."],
    ["B\n---\n\nText.", "A > B", "A\n\nB\n---\n\nText."],
    ["<h2>B</h2>\n\nText.", "A > B", "A\n\n<h2>B</h2>\n\nText."],
    ["Text.", "A > B", "A > B\n\nText."],
    ["Text of B.\n\n## B", "A > B", "A > B\n\nText of B.\n\n## B"],
    ["## XB", "A > B", "A > B\n\n## XB"],
    ["```\n# B\n```", "A > B", "A > B\n\n```\n# B\n```"],
  ])("adds to %j under %j the headings that it does not begin with", (text, path, expected) => {
    expect(headed(text, path)).toBe(expected);
  });

  test("keeps the innermost headings of a long path, and the beginning of a long value", () => {
    const path = ["outer", "middle", "inner"].map((name) => `${name} ${"a".repeat(90)}`);
    expect(headed("Text.", path.join(" > "))).toBe(`${path.slice(1).join(" > ")}\n\nText.`);
    const [line = ""] = read("Text.", { title: "word ".repeat(100) }, ["title"]).split("\n");
    expect(line).toMatch(/^word .*word…$/);
    expect(line.length).toBeLessThanOrEqual(200);
  });

  test("adds what the splitter left out of a passage, and at most 202 characters", async () => {
    const heading = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom("A", "B *b*", "`c`"));
    const part = fc.oneof(
      heading.map(([level, title]) => `${"#".repeat(level)} ${title}`),
      fc.constantFrom("word ".repeat(10), "D\n===", "```\n# no\n```"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const guide = new Document({ pageContent: parts.join("\n\n") });
        for (const passage of await splitPassages([guide], { chunkSize: 60, chunkOverlap: 0 })) {
          const { pageContent, metadata } = passage;
          const text = passageText(passage, { passageFields: ["headingPath"] });
          expect(text.endsWith(pageContent)).toBe(true);
          expect(text.length - pageContent.length).toBeLessThanOrEqual(202);
          const path: string = metadata["headingPath"];
          const words = path.split(" > ").filter((word) => word !== "");
          const seen = text.replaceAll(/[*`]/g, "");
          expect(words.filter((word) => !seen.includes(word))).toEqual([]);
        }
      }),
    );
  });
});
