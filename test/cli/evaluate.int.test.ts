import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/evaluation/gate/saved-configuration.ts";
import { writeRivers } from "./rivers.ts";
import { runCommand, startCommand, type Outcome } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "evaluate-"));
const run = (...args: readonly string[]): Promise<Outcome> => runCommand(folder, args);

function holdsAnswer(path: string): boolean {
  return readFileSync(path, "utf8").includes('"outcome"');
}

/** The file in which answers are kept, once it holds one. */
async function firstAnswers(keptFolder: string): Promise<string> {
  for (;;) {
    const names = existsSync(keptFolder) ? readdirSync(keptFolder) : [];
    const path = names.map((name) => join(keptFolder, name)).find(holdsAnswer);
    if (path !== undefined) return path;
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

beforeAll(() => writeRivers(join(folder, "rivers")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("evaluate", () => {
  const small = ["--data", "rivers", "--reranker", "rerank-minilm-l3", "--device", "cpu"];

  test("measures systems, sweeps depths, asks the gate, and writes what it found", async () => {
    const { code, stdout, stderr } = await run(
      "evaluate",
      ...small,
      "--systems",
      "bm25,dense,rerank",
      "--measures",
      "nDCG@10,P@1",
      "--candidates",
      "20",
      "--sweep",
      "--depth",
      "20",
      "--report",
      "report.html",
      "--trec-run",
      "runs",
      "--configuration",
      "configuration.json",
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/system +nDCG@10 +P@1 +ms p50/);
    expect(stdout).toMatch(/^ ?rerank +[01]\.\d{3} +[01]\.\d{3} +\d+ +\d+ +0/m);
    expect(stdout).toMatch(/20 +[01]\.\d{3} +█/);
    expect(stdout).toMatch(/candidates +nDCG@10 +ms p50/);
    expect(stdout).toMatch(/not reranked .* measured/);
    expect(stdout).toMatch(/^ ?10 .* forecast/m);
    expect(stdout).toMatch(/^ ?20 .* measured/m);
    const report = readFileSync(join(folder, "report.html"), "utf8");
    expect(report).toMatch(/<html[^>]*lang="en"/);
    expect(report).toMatch(/<dt>Machine<\/dt>\s*<dd>.*, \d+ cores, Node\.js v\d+/);
    expect(report).not.toContain(folder);
    expect(report).toContain("No decision: expected at least 50 judged queries, got 10.");
    expect(readdirSync(join(folder, "runs")).toSorted()).toEqual([
      "bm25.run",
      "dense.run",
      "rerank.run",
    ]);
    // Ten questions decide nothing.
    expect(
      readConfiguration(readFileSync(join(folder, "configuration.json"), "utf8")),
    ).toMatchObject({
      decision: "undecided",
    });
    // What was kept for an interruption is gone.
    expect(readdirSync(join(folder, ".langchain-rerank"))).toEqual([]);
  }, 120_000);

  test("measures a single question, and refuses a report of it before anything is asked", async () => {
    const single = join(folder, "single");
    cpSync(join(folder, "rivers"), single, { recursive: true });
    writeFileSync(join(single, "qrels/test.tsv"), "query-id\tcorpus-id\tscore\nPo\tPo-2\t1\n");
    const args = ["evaluate", "--data", "single", "--systems", "dense,rerank"];
    const model = ["--reranker", "rerank-minilm-l3", "--device", "cpu"];
    const { code, stdout, stderr } = await run(...args, ...model);
    expect([code, stderr]).toEqual([
      0,
      "Expected at least 2 judged questions in single to compare systems, got 1: judge more.\n",
    ]);
    expect(stdout).toMatch(/^ ?rerank +[01]\.\d{3}/m);
    const refused = await run(...args, ...model, "--report", "single.html");
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("Expected at least 2 judged questions in single");
  }, 120_000);

  test("says which questions failed, decides nothing, and asks only these again", async () => {
    cpSync(join(folder, "rivers"), join(folder, "lakes"), { recursive: true });
    const blank = JSON.stringify({ _id: "blank", text: " " });
    appendFileSync(join(folder, "lakes/queries.jsonl"), `\n${blank}`);
    appendFileSync(join(folder, "lakes/qrels/test.tsv"), "blank\tPo-2\t1\n");
    const args = ["evaluate", "--data", "lakes", "--systems", "bm25", "--sweep", "--depth", "20"];
    const model = ["--reranker", "rerank-minilm-l3", "--device", "cpu"];
    const { code, stdout, stderr } = await run(...args, ...model, "--report", "out/lakes.md");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "bm25: 1 of 11 questions failed and count as 0, for example blank: Expected",
    );
    expect(stderr).toContain(
      "the sweep: 1 of 11 questions failed and count as 0, for example blank:",
    );
    expect(stdout).toContain("bm25+rerank: no decision, because some questions failed.");
    expect(readFileSync(join(folder, "out/lakes.md"), "utf8")).toMatch(/\| the sweep \| blank \|/);
    expect(stdout).toMatch(/^ ?20 +0\.[1-9]/m);
    const kept = readdirSync(join(folder, ".langchain-rerank")).map((name) => [
      name.replace(/-[\da-f]{12}/, ""),
      readFileSync(join(folder, ".langchain-rerank", name), "utf8")
        .trim()
        .split("\n").length,
    ]);
    expect(Object.fromEntries(kept)).toEqual({
      "evaluation.jsonl": 11,
      "evaluation-20.pools.jsonl": 11,
    });
    rmSync(join(folder, ".langchain-rerank"), { recursive: true });
  }, 60_000);

  test("keeps what is done when it is interrupted, and continues from there", async () => {
    const asked = ["--systems", "rerank", "--candidates", "40", "--measures", "P@1"];
    const args = ["evaluate", "--data", "rivers", "--device", "cpu", ...asked];
    const keptFolder = join(folder, ".langchain-rerank");
    rmSync(keptFolder, { recursive: true, force: true });
    const first = startCommand(folder, args);
    const kept = await firstAnswers(keptFolder);
    first.child.kill("SIGINT");
    const { code, stderr } = await first.outcome;
    expect([code, stderr]).toEqual([130, "error: Interrupted; completed work is kept.\n"]);

    const written = readFileSync(kept, "utf8").trim().split("\n");
    expect(written.length).toBeLessThan(11);
    // As if the first answer had taken ten minutes: it is not asked for again.
    const [head = "", answer = "", ...others] = written;
    const [, body = ""] = /^(.*),"sha256":"[0-9a-f]{16}"\}$/s.exec(answer) ?? [];
    const slow = `${body.replace(/"milliseconds":[\d.]+(?=[^"]*$)/, '"milliseconds":600000')}}`;
    expect(slow).not.toBe(`${body}}`);
    const hash = createHash("sha256").update(slow).digest("hex").slice(0, 16);
    const changed = `${slow.slice(0, -1)},"sha256":"${hash}"}`;
    writeFileSync(kept, `${[head, changed, ...others].join("\n")}\n`);
    const second = await run(...args);
    expect([second.code, second.stderr]).toEqual([0, ""]);
    expect(second.stdout).toMatch(/^ ?rerank +[01]\.\d{3} +\d{1,4} +\d{6} +0/m);
    expect(readdirSync(keptFolder)).toEqual([]);
  }, 120_000);

  test("compares two runs from files", async () => {
    const { code, stdout } = await run(
      "evaluate",
      "--compare",
      "runs/bm25.run",
      "runs/dense.run",
      "--judgements",
      "rivers/qrels/test.tsv",
      "--measures",
      "nDCG@10,R@5",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/nDCG@10 +[01]\.\d{3} +[01]\.\d{3} +(0\.000|[+−]0\.\d{3}) +/);
    expect(stdout).toMatch(/\d+\/\d+\/\d+/);
  });

  test("reads judgements of TREC's layout from a .tsv, as MS MARCO publishes them", async () => {
    const judged = readFileSync(join(folder, "rivers/qrels/test.tsv"), "utf8").trim().split("\n");
    const fields = judged.slice(1).map((line) => line.split("\t"));
    const text = fields.map(([query, id, grade]) => `${query}\t0\t${id}\t${grade}\n`).join("");
    writeFileSync(join(folder, "trec.tsv"), text);
    const args = ["evaluate", "--compare", "runs/bm25.run", "runs/dense.run", "--judgements"];
    const [beir, trec, unsaid] = await Promise.all([
      run(...args, "rivers/qrels/test.tsv"),
      run(...args, "trec.tsv", "--format", "trec"),
      run(...args, "trec.tsv"),
    ]);
    expect([trec.code, trec.stdout]).toEqual([0, beir.stdout]);
    expect([unsaid.code, unsaid.stderr]).toEqual([
      1,
      expect.stringContaining('pass the format "trec"'),
    ]);
  });

  test("sweeps a given depth besides the usual ones", async () => {
    const args = ["--systems", "bm25+rerank", "--sweep", "--depth", "5"];
    const { code, stdout, stderr } = await run("evaluate", ...small, ...args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ ?5 .* measured/m);
  }, 60_000);

  test.each([
    [["--systems", "sparse"], 2, "Expected one or more of dense, bm25"],
    [["--measures", "nDCG-10"], 2, "nDCG-10"],
    [["--data", "."], 2, "Expected --data to be a folder with corpus.jsonl"],
    [["--report", "report.pdf"], 2, "Expected --report to end in .html, .md or .json"],
    [["--configuration", "x.json"], 2, "together with --sweep"],
    [["--format", "trec"], 2, "together with --compare"],
    [["--compare", "a.run"], 2, "Expected two run files and a judgements file"],
    [
      ["--compare", "a.tsv", "b.tsv", "--judgements", "rivers/qrels/test.tsv"],
      2,
      "to end in one of .run",
    ],
  ])("refuses %j", async (args, code, message) => {
    const outcome = await run("evaluate", ...args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
  });
});
