import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { baselineOf } from "../../../src/evaluation/baseline/baseline.ts";
import { readBaseline, writeBaseline } from "../../../src/evaluation/baseline/saved-baseline.ts";
import { Draws, resultOf } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "baseline-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "baseline.json");

const draws = new Draws(3);
const result = resultOf({
  systems: { dense: draws.values(30), rerank: draws.values(30) },
  measures: ["nDCG@10", "R@5"],
  p95: 123.456789,
});
const options = { collection: "409 passages", settings: { model: "small", candidates: 50 } };
await writeBaseline(path, result, options);
const written = readFileSync(path, "utf8");

/** Reads the file with another text. */
async function readOf(text: string): ReturnType<typeof readBaseline> {
  const other = join(folder, "other.json");
  writeFileSync(other, text);
  return readBaseline(other);
}

test("reads what was written, to the last digit", async () => {
  const { systems, ...rest } = baselineOf(result, options);
  const read = await readBaseline(path);
  expect(read).toMatchObject(rest);
  for (const [index, { name, evaluations, latency, run }] of systems.entries()) {
    const own = read.systems[index];
    expect(own).toMatchObject({ name, latency });
    expect(own?.evaluations.map(({ perQuery }) => perQuery)).toEqual(
      evaluations.map(({ perQuery }) => perQuery),
    );
    const ids = (each: typeof run): string[][] =>
      Array.from(each.values(), (entries) => entries.map(({ id }) => id));
    expect(own && ids(own.run)).toEqual(ids(run));
  }
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("has a line for each question, so that a diff shows what changed", () => {
  expect(written.split("\n").filter((line) => line.includes('"id":"q7"'))).toHaveLength(3);
});

test("reads the file after a formatter changed its layout", async () => {
  const parsed: unknown = JSON.parse(written);
  const reformatted = JSON.stringify(parsed, undefined, 4).replaceAll("\n", "\r\n");
  expect(await readOf(reformatted)).toEqual(await readBaseline(path));
});

test("keeps the order of questions whose ids are numbers", async () => {
  const other = join(folder, "numbers.json");
  await writeBaseline(other, resultOf({ systems: { dense: [1, 0.5] }, ids: ["10", "9"] }));
  expect([...(await readBaseline(other)).questions.keys()]).toEqual(["10", "9"]);
});

test("refuses values that were edited by hand", async () => {
  const edited = written.replace(/"values":\[1,/, '"values":[0.5,');
  expect(edited).not.toBe(written);
  await expect(readOf(edited)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringMatching(
      /^Expected the values in .*other\.json to be as they were written, but their checksum differs: restore the file from version control, or write it with `writeBaseline` again\.$/,
    ),
  });
});

test.each([
  ["a merge conflict", written.replace('"measures"', '<<<<<<< HEAD\n"measures"'), "Expected JSON"],
  ["half a file", written.slice(0, written.length / 2), "Expected JSON"],
  ["an empty file", "", "Expected JSON"],
  ["another version", written.replace('"version": 1', '"version": 2'), "to be one of 1, got 2"],
  ["no checksum", written.replace(/"sha256": "\w+",/, ""), "Expected `sha256`"],
  [
    "a value that is a string",
    written.replace(/"values":\[1,/, '"values":["1",'),
    "to be a number",
  ],
  [
    "a question without a hash",
    written.replace(/,"judgements":"\w+"/, ""),
    "`questions[0].judgements`",
  ],
  ["another file", '{ "decision": "rerank" }', "Expected `version`"],
  ["no object", "[]", "Expected `version`"],
])("refuses %s, and says what to do", async (_name, text, message) => {
  expect(text).not.toBe(written);
  await expect(readOf(text)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining(message),
  });
  await expect(readOf(text)).rejects.toThrow("write it with `writeBaseline` again");
});

test("says how to write a file that is missing", async () => {
  await expect(readBaseline(join(folder, "none.json"))).rejects.toThrow(
    /^Expected a baseline at .*none\.json, but the file cannot be read: write it with `writeBaseline`, or pass another path\.$/,
  );
});

test("refuses to write a failed question, and leaves the old file unchanged", async () => {
  const failures = new Map([["q1", "timeout"]]);
  const failed = resultOf({ systems: { dense: [1, 1] }, failures });
  await expect(writeBaseline(path, failed)).rejects.toThrow("Expected an answer to each question");
  expect(readFileSync(path, "utf8")).toBe(written);
});
