import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgementsFrom, runFrom } from "../../../src/evaluation/data/plain-objects.ts";
import { readRun } from "../../../src/evaluation/data/run-file.ts";
import { evaluate } from "../../../src/evaluation/evaluate.ts";
import { fileOf } from "./files.ts";

describe("a TREC run that is read", () => {
  test("has a score for each document, whatever its ranks, order and white space are", async () => {
    const path = await fileOf(
      "a.run",
      "\uFEFFq1 Q0 d1 9 -1.5e1 tag\r\n\n \t\nq2\tQ0  d1 1 .25 tag \nq1 0 \u00a0d\u{1f600} x 7 tag",
    );
    expect([...(await readRun(path))]).toEqual([
      [
        "q1",
        [
          { id: "d1", score: -15 },
          { id: "\u00a0d\u{1f600}", score: 7 },
        ],
      ],
      ["q2", [{ id: "d1", score: 0.25 }]],
    ]);
  });

  test("is a map like any other", async () => {
    const run = await readRun(await fileOf("a.txt", "q1 Q0 d1 1 2 t\nq2 Q0 d2 1 1 t\n"));
    const twin = runFrom({ q1: { d1: 2 }, q2: { d2: 1 } });
    expect(new Map(run)).toEqual(twin);
    expect(run.size).toBe(2);
    expect([...run.keys()]).toEqual(["q1", "q2"]);
    expect([...run.values()]).toEqual([...twin.values()]);
    expect([run.has("q2"), run.has("q3"), run.get("q3")]).toEqual([true, false, undefined]);
    const seen: unknown[] = [];
    run.forEach((entries, query, whole) => seen.push([query, entries, whole === run]));
    expect(seen).toEqual([...twin].map(([query, entries]) => [query, entries, true]));
  });

  test.each([
    ["q Q0 a 1 3 t\nq Q0 b 2 2 t\nq Q0 c 3 1 t\n", "a,b,c"],
    ["q Q0 a 1 1 t\nq Q0 b 2 2 t\nq Q0 c 3 2 t\n", "c,b,a"],
    ["q Q0 \uffff 1 1 t\nq Q0 \u{1f600} 2 1 t\np Q0 a 1 1 t\nq Q0 z 3 1 t\n", "\u{1f600},\uffff,z"],
  ])("is measured as a map of its entries is: %j", async (text, ranking) => {
    const run = await readRun(await fileOf("a.run", text));
    const seen: string[] = [];
    const listener = { name: "", ofRanking: (ids: readonly string[]) => seen.push(ids.join()) };
    const judgements = judgementsFrom({ q: { a: 1 }, none: { a: 1 } });
    evaluate(listener, { run, judgements });
    evaluate(listener, { run: new Map(run), judgements });
    expect(seen).toEqual([ranking, "", ranking, ""]);
  });

  test("is empty if the file is", async () => {
    expect([...(await readRun(await fileOf("a.run", "")))]).toEqual([]);
  });

  test("may be longer than what is read at a time, with lines and characters across the cuts", async () => {
    const lines = Array.from(
      { length: 30_000 },
      (_, place) => `q${place % 7} Q0 ${"é".repeat(30)}${place} 1 ${place / 8} t\n`,
    );
    const run = await readRun(await fileOf("a.run", lines.join("")));
    expect(run.size).toBe(7);
    expect([...run.values()].map(({ length }) => length)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((query) => Math.ceil((30_000 - query) / 7)),
    );
    expect(run.get("q3")?.at(-1)).toEqual({ id: `${"é".repeat(30)}29998`, score: 29_998 / 8 });
  });

  test("loses a byte order mark at its beginning only", async () => {
    const [before, across] = ["x".repeat(2 ** 20 - 100), "y".repeat(200)];
    const text = `\uFEFFq Q0 ${before} 1 2 t\n\uFEFFq Q0 ${across} 1 1 t\n`;
    const run = await readRun(await fileOf("a.run", text));
    expect([...run.keys()]).toEqual(["q", "\uFEFFq"]);
  });

  test.each([
    ["q1 Q0 d1 1 2", 'the fields "query Q0 document rank score tag"', "q1 Q0 d1 1 2"],
    ["q1 Q0 d1 1 2 my tag", 'the fields "query Q0 document rank score tag"', "q1 Q0 d1 1 2 my tag"],
    ["q1 Q0 d1 1 nan t", "a finite number as the fifth field, the score", "q1 Q0 d1 1 nan t"],
    ["q1 Q0 d1 1 1e999 t", "a finite number as the fifth field, the score", "q1 Q0 d1 1 1e999 t"],
    ["q1 Q0 d1 1 0x10 t", "a finite number as the fifth field, the score", "q1 Q0 d1 1 0x10 t"],
    ["q1 Q0 d1 1 1,5 t", "a finite number as the fifth field, the score", "q1 Q0 d1 1 1,5 t"],
    ["q0 Q0 d1 2 0 t", "each document once per query", "q0 Q0 d1 2 0 t"],
    [
      "q1 Q0 d1 1 1 t\nq0 Q0 d2 1 1 t\nq0 Q0 d2 1 0 t",
      "each document once per query",
      "q0 Q0 d2 1 0 t",
      5,
    ],
    ["q1 Q0 d1 1 1 t\nq0 Q0 d1 1 1 t", "each document once per query", "q0 Q0 d1 1 1 t", 4],
    [
      "q1 Q0 d1 1 1 t\nq0 Q0 d2 1 1 t\nq1 Q0 d2 1 1 t\nq0 Q0 d2 1 1 t",
      "each document once per query",
      "q0 Q0 d2 1 1 t",
      6,
    ],
  ])("is refused at the line %j", async (lines, expected, got, line = 3) => {
    const path = await fileOf("a.run", `q0 Q0 d1 1 1.5 t\n\n${lines}\nno line\n`);
    await expect(readRun(path)).rejects.toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: `${path}:${line}: expected ${expected}, got ${JSON.stringify(got)}.`,
      }),
    );
  });

  test("is refused at the line that is not UTF-8", async () => {
    const path = await fileOf("a.run", Buffer.from("q Q0 d 1 1 t\nq Q0 d\xe9 1 1 t\n", "latin1"));
    await expect(readRun(path)).rejects.toThrow(`${path}:2: expected UTF-8, got "q Q0 dé 1 1 t".`);
  });
});

test("reads every decimal number as JavaScript does", async () => {
  const digits = fc.string({ unit: fc.constantFrom(...Array.from("0123456789")), maxLength: 20 });
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.constantFrom("", "-", "+"), digits, digits)
      .map(([sign, a, b]) => `${sign}${a}.${b}`),
    fc.tuple(fc.constantFrom("", "-"), digits).map(([sign, whole]) => `${sign}1${whole}`),
  );
  const numbers = fc
    .sample(written, { numRuns: 3000, seed: 7 })
    .filter((number) => /\d/.test(number));
  const lines = numbers.map((number, place) => `q Q0 d${place} 1 ${number} t\n`);
  const run = await readRun(await fileOf("a.run", lines.join("")));
  expect(run.get("q")?.map(({ score }) => score)).toEqual(numbers.map(Number));
});
