import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type JudgementsFormat,
  readJudgements,
  writeJudgements,
} from "../../../src/evaluation/data/judgements-file.ts";
import { judgementsFrom } from "../../../src/evaluation/data/plain-objects.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { judgementsOf } from "../judged.ts";
import { fileOf, namesBeside, textOf } from "./files.ts";

const refusal = (code: string, message: string) => expect.objectContaining({ code, message });
const judgements = judgementsOf(
  ["q2", Object.entries({ d1: 2, d2: -1 })],
  ["q1", Object.entries({ d1: 0 })],
  ["empty", []],
);
const notEmpty = new Map([...judgements].filter(([, grades]) => grades.size > 0));

const layouts: readonly (readonly [JudgementsFormat, string, string])[] = [
  ["trec", "a.qrels", "q2 0 d1 2\nq2 0 d2 -1\nq1 0 d1 0\n"],
  ["beir", "a.tsv", "query-id\tcorpus-id\tscore\nq2\td1\t2\nq2\td2\t-1\nq1\td1\t0\n"],
  [
    "jsonl",
    "a.jsonl",
    '{"query":"q2","id":"d1","grade":2}\n{"query":"q2","id":"d2","grade":-1}\n{"query":"q1","id":"d1","grade":0}\n',
  ],
];

describe.each(layouts)("judgements as %s", (format, name, content) => {
  test("are written in their order, and read as they were", async () => {
    const path = await fileOf(name);
    await writeJudgements(path, judgements);
    expect(await textOf(path)).toBe(content);
    expect([...(await readJudgements(path))]).toEqual([...notEmpty]);
  });

  test("may come from another tool, with line ends of Windows", async () => {
    const path = await fileOf("a", `\uFEFF${content.replaceAll("\n", "\r\n")}\r\n`);
    expect(await readJudgements(path, { format })).toEqual(notEmpty);
  });

  test("are read back with every id that the layout can represent", async () => {
    const units = {
      trec: ["a", "é", "#", '"'],
      beir: ["a", "é", " ", "#"],
      jsonl: ["\t", "\ud800", " "],
    };
    const id = fc.string({ unit: fc.constantFrom("__proto__", ...units[format]), minLength: 1 });
    const grades = fc
      .uniqueArray(fc.tuple(id, fc.integer()), { selector: ([key]) => key, minLength: 1 })
      .map((pairs) => new Map(pairs));
    const queries = fc.uniqueArray(
      fc.tuple(
        id.map((text) => `q${text}`),
        grades,
      ),
      {
        selector: ([query]) => query,
      },
    );
    const path = await fileOf(name);
    await fc.assert(
      fc.asyncProperty(queries, async (pairs) => {
        const given = deepFreeze(new Map(pairs));
        await writeJudgements(path, given);
        expect(await readJudgements(path)).toEqual(given);
      }),
    );
  });
});

const table: readonly (readonly [string, string, number, string])[] = [
  ["a.qrels", "q 0 d", 1, 'the fields "query 0 document grade"'],
  ["a.qrels", "q 0 d 1 2", 1, 'the fields "query 0 document grade"'],
  ["a.qrels", "q 0 d 1\nq 0 e 1.0", 2, "a whole number as the fourth field, the grade"],
  ["a.qrels", "q 0 e 99999999999999999999", 1, "a whole number as the fourth field, the grade"],
  ["a.qrels", "q 0 d 1\n\nq 1 d 1", 3, "each document once per query"],
  ["a.tsv", "q\td\t1", 1, 'the header "query-id\\tcorpus-id\\tscore"'],
  [
    "a.tsv",
    "q\t0\td\t1",
    1,
    'the header "query-id\\tcorpus-id\\tscore" (if this file has the layout of TREC, pass the format "trec")',
  ],
  [
    "a.tsv",
    "\nquery-id\tcorpus-id\tscore\nq\td",
    3,
    "query-id, corpus-id and score, unquoted and separated by tabs",
  ],
  [
    "a.tsv",
    'query-id\tcorpus-id\tscore\nq\t"d"\t1',
    2,
    "query-id, corpus-id and score, unquoted and separated by tabs",
  ],
  [
    "a.tsv",
    "query-id\tcorpus-id\tscore\n\td\t1",
    2,
    "query-id, corpus-id and score, unquoted and separated by tabs",
  ],
  ["a.tsv", "query-id\tcorpus-id\tscore\nq\td\tyes", 2, "a whole number as the score"],
  ["a.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\nq\td\t1", 3, "each document once per query"],
  ["a.jsonl", '{"query":"q","id":"d","grade":1}\n{"query":"q",', 2, "a JSON object"],
  ["a.jsonl", "[1]", 1, "a JSON object"],
  [
    "a.jsonl",
    '{"query":"q","id":7,"grade":1}',
    1,
    'the strings "query" and "id", and the number "grade"',
  ],
  [
    "a.jsonl",
    '{"query":"q","id":"d","score":1}',
    1,
    'the strings "query" and "id", and the number "grade"',
  ],
  [
    "a.jsonl",
    '{"query":"q","id":"d","grade":1e999}',
    1,
    'the strings "query" and "id", and the number "grade"',
  ],
];

test.each(table)("a bad line of %s is refused: %j", async (name, content, line, expected) => {
  const path = await fileOf(name, content);
  const got = content.split("\n")[line - 1];
  await expect(readJudgements(path)).rejects.toThrow(
    refusal("invalid-input", `${path}:${line}: expected ${expected}, got ${JSON.stringify(got)}.`),
  );
});

test("a long line is cut in the message", async () => {
  const path = await fileOf("a.qrels", "x".repeat(500));
  await expect(readJudgements(path)).rejects.toThrow(`got "${"x".repeat(120)}…".`);
});

const write = async (name: string, query: string, id: string) =>
  writeJudgements(await fileOf(name), judgementsFrom({ [query]: { [id]: 1 } }));

describe("judgements that are written", () => {
  test.each([
    [
      "a.qrels",
      'Expected the grade of "d" for query "q" to be a whole number, got 0.5: round it, or write JSON Lines (.jsonl).',
    ],
    [
      "a.tsv",
      'Expected the grade of "d" for query "q" to be a whole number, got 0.5: round it, or write JSON Lines (.jsonl).',
    ],
  ])(
    "are refused as %s with a grade that others would cut, and replace nothing",
    async (name, message) => {
      const path = await fileOf(name, "before");
      const half = judgementsFrom({ p: { d: 1 }, q: { d: 0.5 } });
      await expect(writeJudgements(path, half)).rejects.toThrow(refusal("invalid-input", message));
      expect([await textOf(path), await namesBeside(path)]).toEqual(["before", [name]]);
      await writeJudgements(path, half, { format: "jsonl" });
      expect(await readJudgements(path, { format: "jsonl" })).toEqual(half);
    },
  );

  test("are refused with ids that the layout cannot hold", async () => {
    await expect(write("a.qrels", "q", "d 1")).rejects.toThrow(
      'Expected the document "d 1" to be non-empty and without white space',
    );
    await expect(write("a.qrels", "#q", "d")).rejects.toThrow(
      'Expected the query "#q" not to start with #',
    );
    for (const id of ["d\t1", '"d', "", "\udc00", "d\n"]) {
      await expect(write("a.tsv", "q", id)).rejects.toThrow(
        refusal(
          "invalid-input",
          `Expected the id ${JSON.stringify(id)} to contain no tab or line end and not to start with a quotation mark: rename it, or write JSON Lines (.jsonl).`,
        ),
      );
    }
    const infinite = judgementsOf(["q", [["d", Infinity]]]);
    await expect(writeJudgements(await fileOf("a.jsonl"), infinite)).rejects.toThrow(
      'Expected the grade of "d" for query "q" to be a finite number, got Infinity.',
    );
  });
});
