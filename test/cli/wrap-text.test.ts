import Table from "cli-table3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import stringWidth from "string-width";
import { wrapText } from "../../src/cli/wrap-text.ts";

test.each([
  ["one two three", 7, ["one two", "three"]],
  ["guide.md#a-long-section", 12, ["guide.md#a-", "long-section"]],
  ["abcdefgh", 3, ["abc", "def", "gh"]],
  ["ab abcdefgh", 4, ["ab a", "bcde", "fgh"]],
  ["漢字漢字漢字", 5, ["漢字", "漢字", "漢字"]],
  ["👨‍👩‍👧👨‍👩‍👧", 3, ["👨‍👩‍👧", "👨‍👩‍👧"]],
  ["", 3, [""]],
])("%s in %d columns", (text, width, lines) => {
  expect(wrapText(text, width)).toEqual(lines);
});

test("loses nothing but blanks, and makes no line too long", () => {
  const texts = fc.string({
    unit: fc.constantFrom("a", "b", " ", "-", "#", "漢", "e\u0301", "🙂"),
  });
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 20 }), (text, width) => {
      const lines = wrapText(text, width);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }),
  );
});

test.each(["नि नि नि नि नि नि", "漢字 漢字 漢字", "👍🏽 👍🏽 👍🏽 👍🏽", "한국어 한국어"])(
  "%s is as wide in a table, which cuts nothing off",
  (text) => {
    const width = 9;
    const table = new Table({ colWidths: [width + 2] });
    table.push([wrapText(text, width).join("\n")]);
    expect(table.toString()).not.toContain("…");
  },
);
