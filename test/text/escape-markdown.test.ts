import * as fc from "fast-check";
import { parseHTML } from "linkedom";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import { escapeMarkdown } from "../../src/text/escape-markdown.ts";
import { printable } from "../../src/text/printable.ts";
import { anyHostileText, hostileTexts } from "./hostile-texts.ts";

const markup = {
  "has an address behind a low line": "_www.example.org _mailto:a@example.org __xmpp:a@b.c",
  "closes the cell": "a | b || c",
  "escapes the escape": "a \\| b \\\\| c \\",
  "breaks the line": "a\nb\r\n\r\n| c |\n\n# d",
  "is HTML": "<script>alert(1)</script><img src=x onerror=alert(1)><!-- a -->",
  "is an entity": "&lt;b&gt; &#60; &copy;",
  "runs a script": "[x](javascript:alert(1)) ![x](javascript:alert(1)) [x]: javascript:alert(1)",
  "links and loads": "![x](http://192.0.2.1/x.png) [x](http://192.0.2.1) [x][y] [^1]",
  "links by itself":
    "<http://192.0.2.1> http://a.example https://a.example/b?c www.a.example ftp://a.example",
  "is an address": "a@b.example mailto:a@b.example xmpp:a@b.example <a@b.example> @somebody",
  "is code": "`a` ``b`` ```c``` ~~~d~~~",
  "is emphasised": "*a* **b** _c_ __d__ ~e~ ~~f~~",
  "is a formula": "$a$ $$b$$",
  "is a heading": "# a",
  "is a list": "- a",
  "is a numbered list": "12) a",
  "is a rule": "- - -",
  "is a line under a heading": "===",
  "is a task": "- [ ] a",
  "is a quotation": "> a",
} as const;

const htmlOf = (markdown: string): string =>
  micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    // Otherwise HTML would be shown as text, whether it was escaped or not.
    allowDangerousHtml: true,
  });
const nodesOf = (markdown: string): ReturnType<typeof parseHTML>["document"] =>
  parseHTML(`<!doctype html><html><body>${htmlOf(markdown)}</body></html>`).document;

/** What Markdown shows of a text: one line, hidden characters as escapes. */
const shownOf = (text: string): string => printable(text.replaceAll(/\s+/g, " ").trim());

function expectOneRow(text: string): void {
  const cell = escapeMarkdown(text);
  const body = nodesOf(
    `| one | two | three |\n| --- | --- | --- |\n| a | ${cell} | b |\n\nend`,
  ).body;
  const cells = [...body.querySelectorAll("td")].map(({ textContent }) => textContent);
  expect(cells).toEqual(["a", shownOf(text), "b"]);
  const tags = [...body.querySelectorAll("*")].map(({ tagName }) => tagName.toLowerCase());
  expect(new Set(tags)).toEqual(new Set(["table", "thead", "tbody", "tr", "th", "td", "p"]));
  expect(body.querySelectorAll("tr")).toHaveLength(2);
}

describe("escapeMarkdown", () => {
  test.each(Object.entries({ ...markup, ...hostileTexts }))(
    "of a text that %s makes text in one cell, and one paragraph",
    (_what, text) => {
      expectOneRow(text);
      const paragraph = nodesOf(`${escapeMarkdown(text)}\n\nend`).body;
      expect([...paragraph.children].map(({ tagName }) => tagName)).toEqual(["P", "P"]);
      expect([...(paragraph.children[0]?.children ?? [])]).toEqual([]);
      expect(paragraph.children[0]?.textContent).toBe(shownOf(text));
    },
  );

  test("makes text in one cell of any text", () => {
    fc.assert(fc.property(anyHostileText, expectOneRow), { numRuns: 2000 });
  });

  test("leaves names, figures and measures readable", () => {
    expect(escapeMarkdown("guide.md#section nDCG@10: +0.500 (+100 %), 3.5 to −0.1")).toBe(
      "guide.md#section nDCG@10: +0.500 (+100 %), 3.5 to −0.1",
    );
  });
});
