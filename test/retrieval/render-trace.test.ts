import { Document } from "@langchain/core/documents";
import { expect, test } from "vitest";
import { withProvenance } from "../../src/documents/provenance.ts";
import { renderTrace } from "../../src/retrieval/render-trace.ts";
import type { RetrievalTrace } from "../../src/documents/retrieval-trace.ts";
import { dangerous } from "../text/hostile-texts.ts";
import { deepFreeze } from "../deep-freeze.ts";

const risen = withProvenance(
  new Document({
    id: "1",
    pageContent: "## A | heading\n\nThe <b>best</b> | answer.",
    metadata: { source: "a.md", section: "s" },
  }),
  {
    rank: 1,
    rankShift: 1,
    dense: { rank: 2, score: 0.5 },
    rerank: { scored: true, rank: 1, score: 0.9, raw: 2.2, model: "m", truncatedTokens: 0 },
  },
);
const fallen = withProvenance(
  new Document({ id: "2", pageContent: "Another.", metadata: { source: "<script>.md" } }),
  {
    rank: 2,
    rankShift: -1,
    dense: { rank: 1, score: 0.6 },
    rerank: { scored: false, reason: "deadline" },
  },
);
const trace: RetrievalTrace = deepFreeze({
  query: 'Is "a" < b?',
  stages: [
    { name: "candidates", milliseconds: 10, documents: [fallen, risen] },
    { name: "rerank", milliseconds: 30, documents: [risen, fallen] },
  ],
  candidates: [fallen, risen],
  documents: [risen, fallen],
  coverage: { scored: 1, candidates: 2 },
  milliseconds: 40,
});
const times =
  "candidates 2 in 10 ms, rerank 2 in 30 ms; 40 ms in all, 75 % of it reranking, 1 of 2 scored";

test.each(["text", "markdown"] as const)(
  "as %s it shows at most 200 characters of a source",
  (format) => {
    const source = `${"s".repeat(100_000)}.md`;
    const document = new Document({ pageContent: "Text.", metadata: { source, section: "end" } });
    const rendered = renderTrace({ ...trace, documents: [document] }, format);
    expect(rendered).toContain(`${"s".repeat(66)}…${"s".repeat(126)}.md#end`);
    expect(rendered.length).toBeLessThan(1000);
  },
);

test("as text it is a table of the stages that scored, with movement and times", () => {
  const lines = renderTrace(trace, "text").split("\n");
  expect(lines.map((line) => line.replaceAll(/\s+/g, " ").trim())).toEqual([
    "# │ shift │ cosine │ rerank │ source#section │ first words",
    "1 │ ↑1 │ 0.500 │ 0.900 │ a.md#s │ The <b>best</b> | answer.",
    "2 │ ↓1 │ 0.600 │ - │ <script>.md │ Another.",
    times,
  ]);
});

test("as text it keeps to the width that it is given", () => {
  const wide = {
    ...trace,
    documents: [withProvenance(risen, { rank: 1 }, { source: "x".repeat(200) })],
  };
  for (const columns of [80, 100, 140]) {
    const lines = renderTrace(wide, "text", { columns }).split("\n").slice(0, -1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  }
});

test("as text of few columns it gives the words lines of their own", () => {
  const lines = renderTrace(trace, "text", { columns: 60 }).split("\n");
  expect(lines.map((line) => line.replaceAll(/\s+/g, " ").trim())).toEqual([
    "# │ shift │ cosine │ rerank │ source#section",
    "1 │ ↑1 │ 0.500 │ 0.900 │ a.md#s",
    "The <b>best</b> | answer.",
    "2 │ ↓1 │ 0.600 │ - │ <script>.md",
    "Another.",
    times,
  ]);
});

test("as Markdown it is a table whose cells hold what was in them", () => {
  expect(renderTrace(trace, "markdown").split("\n")).toEqual([
    "| # | shift | cosine | rerank | source#section | first words |",
    "| --- | --- | --- | --- | --- | --- |",
    "| 1 | ↑1 | 0.500 | 0.900 | a.md#s | The &lt;b&gt;best&lt;/b&gt; \\| answer. |",
    "| 2 | ↓1 | 0.600 | - | &lt;script&gt;.md | Another. |",
    "",
    times,
  ]);
});

test("as HTML it is one fragment that loads nothing, draws every move, and escapes all texts", () => {
  const html = renderTrace(trace, "html");
  expect(html).toMatch(/^<figure [^>]*>.*<\/figure>$/s);
  expect(html.match(/<line /g)).toHaveLength(2);
  expect(html).toContain("Is &quot;a&quot; &lt; b?");
  expect(html).toContain("&lt;script&gt;.md");
  expect(html).not.toMatch(/<script|https?:|url\(/);
});

test.each(["text", "markdown", "html"] as const)(
  "as %s it keeps hostile texts in their cell",
  (format) => {
    const hostile = deepFreeze({
      ...trace,
      query: "\u001B[31m\u202E</figure>",
      stages: [
        { name: "a\n| b |", milliseconds: 1, documents: [], failure: "\u009B2J\n\n# c <b>" },
      ],
      documents: [
        withProvenance(
          new Document({
            pageContent: `${"👩\u200D👩 ".repeat(20)}\u001B]8;;http://192.0.2.1\u0007`,
            metadata: {
              source: "a\n| b |\r\u202E`c` [d](javascript:alert(1))",
              section: "\u{E0041}\uD800",
            },
          }),
          { rank: 1 },
        ),
      ],
    });
    const shown = renderTrace(hostile, format, { columns: 80 });
    expect(shown.replaceAll("\n", "")).not.toMatch(dangerous);
    expect(shown).not.toMatch(/<\/figure>.|^# c/m);
    const lines = shown.split("\n").filter((line) => line !== "");
    expect(lines).toHaveLength({ text: 4, markdown: 4, html: 11 }[format]);
    expect(shown.includes("<b>")).toBe(format === "text");
  },
);

test("an empty result is an empty table, not an error", () => {
  const empty = { ...trace, candidates: [], documents: [], stages: [] };
  for (const format of ["text", "markdown", "html"] as const) {
    expect(renderTrace(empty, format)).toContain("40 ms in all");
  }
});

test("refuses what is not a trace, such as its promise", () => {
  const promised = Promise.resolve(trace);
  expect(() => Reflect.apply(renderTrace, undefined, [promised, "text"])).toThrow(
    "Expected `trace` to be a trace from `search` of a TwoStageRetriever, got a Promise; await it first.",
  );
  expect(() => renderTrace(trace, JSON.parse('"pdf"'))).toThrow(
    'Expected `format` to be one of "text", "markdown", "html", got "pdf".',
  );
});
