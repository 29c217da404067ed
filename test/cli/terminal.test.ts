import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test } from "vitest";
import { comparisonTable } from "../../src/cli/output.ts";
import { tableOf } from "../../src/cli/terminal.ts";
import { Document } from "@langchain/core/documents";

const { isTTY, columns } = process.stdout;
afterEach(() => Object.assign(process.stdout, { isTTY, columns }));

function inTerminal(width: number): void {
  Object.assign(process.stdout, { isTTY: true, columns: width });
}

const linesOf = (table: { toString(): string }): string[] =>
  stripVTControlCharacters(table.toString()).split("\n");

const name = "guides/very-long-name-of-a-guide.md#and-a-section-with-a-long-name-of-its-own";
const rows = [
  [1, name, "five words that stand here", "="],
  [2, "short.md", "漢字".repeat(30), "↑3"],
];

test.each([40, 80, 120])("a table fits a terminal of %d columns and loses nothing", (width) => {
  inTerminal(width);
  const lines = linesOf(tableOf(["#", "place", "words", "shift"], rows));
  for (const line of lines) {
    const wide = line.match(/[漢字]/gu)?.length ?? 0;
    expect(line.length + wide).toBeLessThanOrEqual(width);
  }
  const textOf = (place: number): string =>
    lines.map((line) => (line.split("│")[place + 1] ?? "").replaceAll(" ", "")).join("");
  for (const [place, title] of ["#", "place", "words", "shift"].entries()) {
    const texts = [title, ...rows.map((row) => String(row[place]))];
    expect(textOf(place)).toBe(texts.join("").replaceAll(" ", ""));
  }
});

test("a table is not cut in a pipe, or if a terminal does not report its width", () => {
  expect(linesOf(tableOf(["#", "place", "words", "shift"], rows))[1]).toContain(name);
  inTerminal(0);
  expect(linesOf(tableOf(["#", "place", "words", "shift"], rows)).join("")).toContain(name);
});

test("a comparison fits a terminal of 80 columns", () => {
  inTerminal(80);
  const document = new Document({ pageContent: "x", metadata: { source: name, section: "s" } });
  const trace = {
    query: "q",
    stages: [],
    candidates: [document],
    documents: [document],
    coverage: { scored: 1, candidates: 1 },
    milliseconds: 1,
  };
  for (const line of linesOf(comparisonTable(trace))) expect(line.length).toBeLessThanOrEqual(80);
});
