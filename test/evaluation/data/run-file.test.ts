import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runFrom } from "../../../src/evaluation/data/plain-objects.ts";
import { rankEntries } from "../../../src/evaluation/data/ranking.ts";
import { readRun, writeRun } from "../../../src/evaluation/data/run-file.ts";
import { evaluate } from "../../../src/evaluation/evaluate.ts";
import { reciprocalRank } from "../../../src/evaluation/measures/reciprocal-rank.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { gradesOf, runOf } from "../judged.ts";
import { fileOf, namesBeside, textOf } from "./files.ts";

const refusal = (code: string, message: string) => expect.objectContaining({ code, message });

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What trec_eval reads: single-precision scores, ties by the last id in bytes; ranks are not read. */
function asTrecEval(text: string): Map<string, string[]> {
  const found = new Map<string, { id: string; score: number }[]>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [query = "", , id = "", , score] = line.split(/\s+/);
    found.set(query, [...(found.get(query) ?? []), { id, score: Math.fround(Number(score)) }]);
  }
  return new Map(
    [...found].map(([query, entries]) => [
      query,
      entries.toSorted((a, b) => b.score - a.score || bytewise(b.id, a.id)).map(({ id }) => id),
    ]),
  );
}

const score = fc
  .oneof(
    fc.constantFrom(0, 1, 0.5, 0.5 + 1e-9, 0.5 + 2e-9, -1e39, 1e39, 2e39, 5e-324),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  .map((value) => value + 0); // JSON has no -0.
const id = fc.constantFrom(
  "a",
  "b",
  "c",
  "d",
  "e",
  "10",
  "__proto__",
  "\uffff",
  "\u{1f600}",
  "file.md#slug",
);
const anyRun = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom("q1", "q2", "7", "__proto__"),
      fc.uniqueArray(fc.record({ id, score }), { selector: (entry) => entry.id }),
    ),
    { selector: ([query]) => query },
  )
  .map((queries) => deepFreeze(new Map(queries)));

describe("a run that is written", () => {
  test("has, as TREC, the same ranking in trec_eval as here, including ties", async () => {
    const path = await fileOf("a.run");
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        await writeRun(path, run);
        const rankings = [...run]
          .map(([query, entries]): [string, string[]] => [
            query,
            rankEntries(query, entries).map((entry) => entry.id),
          ])
          .filter(([, ids]) => ids.length > 0);
        const text = await textOf(path);
        expect(asTrecEval(text)).toEqual(new Map(rankings));
        const fields = text.split("\n").map((line) => line.split(" "));
        const written = rankings.flatMap(([query, ids]) =>
          ids.map((document, at) => [query, document, `${at + 1}`]),
        );
        expect(fields.slice(0, -1).map(([q, , d, rank]) => [q, d, rank])).toEqual(written);
        const again = await readRun(path);
        for (const [query, ids] of rankings) {
          expect(rankEntries(query, again.get(query) ?? []).map((entry) => entry.id)).toEqual(ids);
        }
      }),
    );
  });

  test("keeps, as TREC, strictly falling scores, and otherwise counts down", async () => {
    const path = await fileOf("a.trec");
    const run = runOf(
      ["q1", Object.entries({ a: 0.25, b: 1e-7, c: 12 })],
      ["q2", Object.entries({ a: 0.5, b: 0.5, c: 0.75 })],
      ["q3", []],
    );
    await writeRun(path, run, { tag: "bm25" });
    expect(await textOf(path)).toBe(
      [
        "q1 Q0 c 1 12 bm25",
        "q1 Q0 a 2 0.25 bm25",
        "q1 Q0 b 3 1e-7 bm25",
        "q2 Q0 c 1 3 bm25",
        "q2 Q0 b 2 2 bm25",
        "q2 Q0 a 3 1 bm25",
        "",
      ].join("\n"),
    );
  });

  test("comes back, as JSON Lines, with every id and score as it was", async () => {
    const path = await fileOf("a.jsonl");
    const anyId = fc.string({
      unit: fc.constantFrom("a", " ", "\n", "\ud800", "\u2028", "é", '"'),
    });
    const entries = fc.uniqueArray(fc.record({ id: anyId, score }), {
      selector: (entry) => entry.id,
      minLength: 1,
    });
    const queries = fc.uniqueArray(fc.tuple(anyId, entries), { selector: ([query]) => query });
    await fc.assert(
      fc.asyncProperty(queries, async (given) => {
        const run = deepFreeze(new Map(given));
        await writeRun(path, run);
        const ranked = given.map(([query, found]) => [query, rankEntries(query, found)] as const);
        expect(await readRun(path)).toEqual(new Map(ranked));
      }),
    );
  });

  test("may be longer than what is written at a time", async () => {
    const path = await fileOf("a.run");
    const ids = Array.from({ length: 60_000 }, (_, place) => `document-${place}`);
    await writeRun(path, runFrom({ q: ids }));
    const lines = ids.map(
      (document, at) => `q Q0 ${document} ${at + 1} ${60_000 - at} langchain-rerank\n`,
    );
    expect(await textOf(path)).toBe(lines.join(""));
  });

  test("measures the same after it was written and read, also if scores tie", async () => {
    const run = runOf(["q", Object.entries({ a: 1, b: 1, c: 1 })]);
    const judgements = new Map([["q", gradesOf({ b: 1 })]]);
    for (const name of ["a.run", "a.jsonl"]) {
      const path = await fileOf(name);
      await writeRun(path, run);
      const { mean } = evaluate(reciprocalRank(), { run: await readRun(path), judgements });
      expect(mean, name).toBe(1 / 2);
    }
  });

  test.each([
    ["document", "a b"],
    ["document", ""],
    ["document", "a\u00a0b"],
    ["document", "a\u0085"],
    ["document", "a\u0000"],
    ["document", "\ud800"],
    ["query", "q\t1"],
  ])("is refused, as TREC, with the %s %j, and replaces nothing", async (name, text) => {
    const path = await fileOf("a.run", "before");
    const run =
      name === "query" ? runFrom({ q: ["a"], [text]: ["a"] }) : runFrom({ q: ["a", text] });
    await expect(writeRun(path, run)).rejects.toThrow(
      refusal(
        "invalid-input",
        `Expected the ${name} ${JSON.stringify(text)} to be non-empty and without white space, which separates the fields of a line: rename it, or write JSON Lines (.jsonl).`,
      ),
    );
    expect([await textOf(path), await namesBeside(path)]).toEqual(["before", ["a.run"]]);
  });

  test("is refused with a tag of two words, a query that reads as a comment, and an id twice", async () => {
    const path = await fileOf("a.run");
    const run = runFrom({ q: ["a"] });
    await expect(writeRun(path, run, { tag: "my run" })).rejects.toThrow(
      'Expected the tag "my run" to be non-empty and without white space, which separates the fields of a line: pass another tag.',
    );
    await expect(writeRun(path, runFrom({ "#q": ["a"] }))).rejects.toThrow(
      'Expected the query "#q" not to start with #, because newer versions of trec_eval skip such lines: rename it, or write JSON Lines (.jsonl).',
    );
    const twice = new Map([
      [
        "q",
        [
          { id: "a", score: 1 },
          { id: "a", score: 2 },
        ],
      ],
    ]);
    await expect(writeRun(path, twice)).rejects.toThrow("Expected each document once");
    expect(await namesBeside(path)).toEqual([]);
  });

  test("is refused if there is no folder", async () => {
    const path = join(await fileOf("none"), "a.run");
    await expect(writeRun(path, runFrom({ q: ["a"] }))).rejects.toThrow(
      refusal(
        "invalid-input",
        `Cannot write into ${dirname(path)}: create the folder first, or pass another path.`,
      ),
    );
  });
});

describe("the layout of a run", () => {
  test("is that of the ending, in capitals too, or that which is asked for", async () => {
    const run = runFrom({ q: ["a"] });
    for (const name of ["a.run", "a.trec", "a.res", "a.txt", "a.RUN"]) {
      const path = await fileOf(name);
      await writeRun(path, run);
      expect(await textOf(path)).toBe("q Q0 a 1 1 langchain-rerank\n");
    }
    const path = await fileOf("a.run");
    await writeRun(path, run, { format: "jsonl" });
    expect(await textOf(path)).toBe('{"query":"q","id":"a","score":1}\n');
    expect(await readRun(path, { format: "jsonl" })).toEqual(run);
    await expect(readRun(path)).rejects.toThrow(`${path}:1: expected the fields`);
  });

  test("is never guessed", async () => {
    await expect(readRun("a.tsv")).rejects.toThrow(
      refusal(
        "invalid-option",
        "Expected a.tsv to end in one of .run, .trec, .res, .txt, .jsonl: rename it, or pass `format` (trec, jsonl).",
      ),
    );
    await expect(readRun("run")).rejects.toThrow("Expected run to end in one of");
    await expect(readRun("a.run", JSON.parse('{"format":"beir"}'))).rejects.toThrow(
      refusal("invalid-option", 'Expected `format` to be one of trec, jsonl, got "beir".'),
    );
  });

  test("says that the file does not exist", async () => {
    await expect(readRun("/nowhere/a.run")).rejects.toThrow(
      refusal("invalid-input", "Cannot read /nowhere/a.run: pass the path of a file."),
    );
  });
});
