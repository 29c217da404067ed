import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readBaseline, writeBaseline } from "../../src/evaluation/baseline/saved-baseline.ts";
import { judgementsFrom } from "../../src/evaluation/data/plain-objects.ts";
import { runCommand, type Outcome } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "baseline-gate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rivers = ["Loire", "Rhine", "Danube", "Elbe", "Oder", "Po", "Ebro", "Tagus", "Seine", "Main"];
const facts = ["carries many ships", "carries few ships", "floods in spring", "ends in a delta"];
const queries = new Map(rivers.map((river) => [river, `Does the ${river} carry ships?`]));
const judgements = judgementsFrom(
  Object.fromEntries(rivers.map((river) => [river, { [`${river}-0`]: 1, [`${river}-1`]: 1 }])),
);

function lines(rows: readonly object[]): string {
  return `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
}

/** Ten questions, each with two relevant passages, in the layout of BEIR. */
function writeCollection(data: string, judgedRivers: readonly string[] = rivers): void {
  mkdirSync(join(data, "qrels"), { recursive: true });
  const corpus = rivers.flatMap((river) =>
    facts.map((fact, index) => ({ _id: `${river}-${index}`, title: river, text: `It ${fact}.` })),
  );
  writeFileSync(join(data, "corpus.jsonl"), lines(corpus));
  writeFileSync(
    join(data, "queries.jsonl"),
    lines([...queries].map(([_id, text]) => ({ _id, text }))),
  );
  const judged = judgedRivers.flatMap((river) =>
    [0, 1].map((index) => `${river}\t${river}-${index}\t1`),
  );
  writeFileSync(
    join(data, "qrels/test.tsv"),
    ["query-id\tcorpus-id\tscore", ...judged, ""].join("\n"),
  );
}

/** Measures BM25, which needs no model, against `baseline.json`. */
function evaluate(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const fixed = ["--reranker", "rerank-minilm-l3", "--device", "cpu", "--systems", "bm25"];
  const gate = ["--measures", "R@5,nDCG@10", "--baseline", "baseline.json"];
  const data = args.includes("--data") ? [] : ["--data", "rivers"];
  return runCommand(folder, ["evaluate", ...data, ...fixed, ...gate, ...args], env);
}

const path = join(folder, "baseline.json");

/** The baseline, as a machine with other times would have written it. */
async function withP95(p95: number): Promise<void> {
  const { systems, collection, settings, measures } = await readBaseline(path);
  const latency = new Map([["total", { mean: p95, p50: p95, p95 }]]);
  const own = { outcomes: new Map(), failures: new Map(), latency };
  const result = { queries, judgements, measures, isSynthetic: false };
  await writeBaseline(
    path,
    { ...result, systems: systems.map((system) => Object.assign({}, system, own)) },
    { collection, settings },
  );
}

beforeAll(async () => {
  writeCollection(join(folder, "rivers"));
  await evaluate(["--update-baseline"]);
}, 60_000);

describe("evaluate --baseline", () => {
  test("ends with 0 if nothing changed", async () => {
    const { code, stdout, stderr } = await evaluate(["--summary", "out/summary.md"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("bm25: no value changed.");
    expect(stdout).toContain("No significant drop of R@5 on 10 questions (bm25).");
    expect(readFileSync(join(folder, "out/summary.md"), "utf8")).toMatch(
      /^## Retrieval quality: no significant drop\n/,
    );
  }, 60_000);

  test("ends with 3 if quality fell, names the changed setting, and adds to the step's summary", async () => {
    const before = readFileSync(path, "utf8");
    const summary = join(folder, "step.md");
    writeFileSync(summary, "Another step.\n");
    const { code, stdout, stderr } = await evaluate(["--candidates", "1", "--summary", summary], {
      GITHUB_STEP_SUMMARY: summary,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^error: Worse than the baseline: R@5 of bm25 fell from 1\.000 to 0\.500 \(−0\.500, .*; p = 0\.002, 10 questions\)\.\n$/,
    );
    expect(stdout).toMatch(/^ ?bm25 \(worse\) +1\.000 +0\.500 +−0\.500 /m);
    expect(stdout).toMatch(/^ ?candidates +50 +1 *$/m);
    const text = readFileSync(summary, "utf8");
    expect(text).toMatch(/^Another step\.\n## Retrieval quality: worse than the baseline\n/);
    expect(text).toContain("| Does the Loire carry ships? | Loire | 1.000 | 0.500 | 1 | 1 |");
    expect(readFileSync(path, "utf8")).toBe(before);
  }, 60_000);

  test("accepts a worse result as the new baseline with --update-baseline", async () => {
    const kept = readFileSync(path);
    const worse = ["--candidates", "1"];
    const { stdout: written, stderr, ...update } = await evaluate([...worse, "--update-baseline"]);
    expect([update.code, stderr]).toEqual([0, ""]);
    expect(written).toContain("Wrote the baseline of 1 system to baseline.json.");
    expect((await evaluate(worse)).code).toBe(0);
    const { code, stdout } = await evaluate([]);
    expect(code).toBe(0);
    expect(stdout).toContain("It rose significantly with bm25.");
    writeFileSync(path, kept);
  }, 60_000);

  test("says that five questions are too few for a baseline that can fail", async () => {
    writeCollection(join(folder, "few"), rivers.slice(0, 5));
    const kept = readFileSync(path);
    const { code, stderr } = await evaluate(["--data", "few", "--update-baseline"]);
    writeFileSync(path, kept);
    expect(code).toBe(0);
    expect(stderr).toContain("5 questions cannot show a significant drop");
    expect(stderr).toContain("judge at least 6 questions");
  }, 60_000);

  test("judges the time only with a tolerance", async () => {
    await withP95(1e-6);
    expect((await evaluate([])).code).toBe(0);
    const slow = await evaluate(["--latency-tolerance", "25%"]);
    expect(slow.code).toBe(3);
    expect(slow.stderr).toMatch(
      /p95\) of the time per query of bm25 rose from .*, by more than 25 %/,
    );
    await withP95(1e9);
    expect((await evaluate(["--latency-tolerance", "25"])).code).toBe(0);
  }, 60_000);
});

/** A copy of the collection in which a file has a further line. */
function extended(name: string, file: string, line: string): string[] {
  const data = join(folder, name);
  cpSync(join(folder, "rivers"), data, { recursive: true });
  appendFileSync(join(data, file), `${line}\n`);
  return ["--data", data];
}

describe("evaluate --baseline refuses, before any question is asked,", () => {
  const refusal = "error: Expected the same measurement as in the baseline, but";
  const remedy = "or update the baseline with --update-baseline.";

  test.each([
    [
      "other texts",
      () => extended("texts", "corpus.jsonl", '{ "_id": "x", "title": "", "text": "More." }'),
      /its collection is 40 passages with the hash \w+ instead of 41 passages with the hash \w+/,
    ],
    [
      "a new question",
      () => {
        const args = extended("questions", "queries.jsonl", '{ "_id": "Nile", "text": "Nile?" }');
        appendFileSync(join(args[1] ?? "", "qrels/test.tsv"), "Nile\tPo-1\t1\n");
        return args;
      },
      /it lacks 1 question \("Nile"\)/,
    ],
    [
      "other judgements",
      () => extended("judgements", "qrels/test.tsv", "Po\tPo-2\t1"),
      /it has other judgements of 1 question \("Po"\)/,
    ],
    ["other measures", () => ["--measures", "R@5"], /its measures are R@5, nDCG@10 instead of R@5/],
    ["other systems", () => ["--systems", "hybrid"], /its system bm25 was not measured/],
  ])("%s", async (_name, args, difference) => {
    const { code, stdout, stderr } = await evaluate(args());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(refusal);
    expect(stderr).toMatch(difference);
    expect(stderr).toContain(remedy);
  });

  test("a file that is damaged, edited or missing", async () => {
    const kept = readFileSync(path, "utf8");
    for (const [text, message] of [
      [kept.slice(0, 100), "Expected JSON in baseline.json"],
      [kept.replace('"values":[1,', '"values":[0,'), "their checksum differs"],
    ] as const) {
      writeFileSync(path, text);
      const { code, stdout, stderr } = await evaluate([]);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(message);
      expect(stderr).toContain("write it with --update-baseline again");
    }
    rmSync(path);
    const { code, stderr } = await evaluate([]);
    expect(code).toBe(1);
    expect(stderr).toContain("Expected a baseline at baseline.json, but the file cannot be read");
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, kept);
  }, 30_000);

  test.each([
    [["--update-baseline", "--summary", "s.md"], "Expected --summary without --update-baseline"],
    [["--latency-tolerance", "much"], "Expected a percentage such as 25%, got much"],
    [["--latency-tolerance=-5%"], "Expected a percentage such as 25%, got -5%"],
    [["--compare", "a.run", "b.run"], "Expected --baseline without --compare"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await evaluate(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("options that need a baseline, and a bake-off with one", async () => {
    const { code, stderr } = await runCommand(folder, ["evaluate", "--summary", "s.md"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Expected --summary together with --baseline, got --summary alone");
    const bakeOff = ["evaluate", "--rerankers", "rerank-minilm-l3", "--baseline", "b.json"];
    const refused = await runCommand(folder, bakeOff);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Expected --rerankers without --baseline, got both");
  });
});
