import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { experiment } from "../../../src/evaluation/experiment/experiment.ts";
import type { QueryOutcome } from "../../../src/evaluation/experiment/experiment-result.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { judgementsOf } from "../judged.ts";
import { AnswerBook, found } from "./systems.ts";

let folder = "";
let resumeFrom = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "experiment-"));
  resumeFrom = join(folder, "outcomes.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const queries = new Map([
  ["q1", "one"],
  ["q2", "two — 二"],
]);
const judgements = judgementsOf(["q1", [["a", 1]]], ["q2", [["b", 1]]]);
const given = { queries, judgements, measures: [recall(1)], warmUpQueries: 0 };
const book = () => new AnswerBook({ one: ["a"], "two — 二": ["b"] });
const half = () => new AnswerBook({ one: ["a"] });

describe("an experiment with `resumeFrom`", () => {
  test("asks again only what failed, and returns the same result as a single run", async () => {
    await experiment({ ...given, resumeFrom, systems: { book: half() } });
    const second = book();
    const done: number[] = [];
    const onProgress = (progress: { readonly done: number }) => void done.push(progress.done);
    const resumed = await experiment({
      ...given,
      resumeFrom,
      systems: { book: second },
      onProgress,
    });
    expect(second.asked).toEqual(["two — 二"]);
    expect(done).toEqual([2]);
    const whole = await experiment({ ...given, systems: { book: book() } });
    expect(resumed.systems[0]?.run).toEqual(whole.systems[0]?.run);
    expect(resumed.systems[0]?.evaluations).toEqual(whole.systems[0]?.evaluations);
    const third = book();
    await experiment({ ...given, resumeFrom, systems: { book: third } });
    expect(third.asked).toEqual([]);
  });

  test("reads back every outcome as it was", async () => {
    const systems = {
      traced: {
        search: async () => ({
          documents: [
            found("a", { rerank: { scored: true, raw: -1.25, truncatedTokens: 4 } }),
            found("b"),
          ],
          candidates: [found("b"), found("a")],
          stages: [{ name: "dense", milliseconds: 0.1, failure: "gone" }],
        }),
      },
    };
    const outcomes = async (): Promise<ReadonlyMap<string, QueryOutcome> | undefined> =>
      (await experiment({ ...given, resumeFrom, systems })).systems[0]?.outcomes;
    const first = await outcomes();
    expect(first?.get("q1")?.documents[0]).toMatchObject({ rawScore: -1.25, truncatedTokens: 4 });
    expect(await outcomes()).toEqual(first);
  });

  test("drops a last line that was cut off anywhere", async () => {
    await experiment({ ...given, resumeFrom, systems: { book: book() } });
    const bytes = await readFile(resumeFrom);
    const [head = "", line = ""] = bytes.toString().split("\n");
    const wholeLines = Buffer.byteLength(`${head}\n${line}\n`);
    const cuts = [0, 1, head.length, head.length + 1, wholeLines, bytes.length - 20];
    for (const cut of cuts) {
      await writeFile(resumeFrom, bytes.subarray(0, cut));
      const again = book();
      const { systems } = await experiment({ ...given, resumeFrom, systems: { book: again } });
      expect(systems[0]?.evaluations[0]?.mean).toBe(1);
      expect(again.asked.length).toBe(cut < wholeLines ? 2 : 1);
      const lines = (await readFile(resumeFrom, "utf8")).trimEnd().split("\n");
      expect(lines.map((text) => typeof JSON.parse(text))).toEqual(["object", "object", "object"]);
    }
  });

  test("refuses the file of other systems or other queries, and a line that is not an outcome", async () => {
    await experiment({ ...given, resumeFrom, systems: { book: book() } });
    await expect(
      experiment({ ...given, resumeFrom, systems: { other: book() } }),
    ).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining("other") });
    const reworded = new Map([...queries, ["q2", "zwei"]]);
    await expect(
      experiment({ ...given, queries: reworded, resumeFrom, systems: { book: book() } }),
    ).rejects.toThrow("pass the file of this run, or another path to start again");
    await appendFile(resumeFrom, '{"system":"book","query":"q1","outcome":{"documents":[{}]}}\n');
    await expect(experiment({ ...given, resumeFrom, systems: { book: book() } })).rejects.toThrow(
      /Expected an undamaged line with its hash at line 4 of .*: delete the file and start again/,
    );
  });

  test("refuses a line in which any character changed", async () => {
    await experiment({ ...given, resumeFrom, systems: { book: book() } });
    const text = await readFile(resumeFrom, "utf8");
    const start = text.indexOf("\n") + 1;
    const end = text.indexOf("\n", start);
    for (let at = start; at < end; at += 1) {
      const other = text[at] === "1" ? "2" : "1";
      await writeFile(resumeFrom, text.slice(0, at) + other + text.slice(at + 1));
      await expect(
        experiment({ ...given, resumeFrom, systems: { book: book() } }),
      ).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringContaining("line 2"),
      });
    }
  });

  test("writes whole lines from many queries at once", async () => {
    const many = new Map(Array.from({ length: 60 }, (_, index) => [`q${index}`, `text ${index}`]));
    const grades = judgementsOf(...[...many.keys()].map((id) => [id, [["a", 1]]] as const));
    const any = { invoke: async () => [found("a".repeat(20_000))] };
    const run = { ...given, queries: many, judgements: grades, resumeFrom, concurrency: 8 };
    const first = await experiment({ ...run, systems: { any } });
    const none = new AnswerBook({});
    const second = await experiment({ ...run, systems: { any: none } });
    expect(none.asked).toEqual([]);
    expect(second.systems[0]?.outcomes).toEqual(first.systems[0]?.outcomes);
  });
});

test("a file in a missing folder is refused with an error that says what to do", async () => {
  const missing = join(folder, "nowhere", "outcomes.jsonl");
  const run = experiment({ ...given, resumeFrom: missing, systems: { book: book() } });
  await expect(run).rejects.toThrow("create its folder first, or pass another path");
});
