import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/evaluation/gate/saved-configuration.ts";
import { RerankStub } from "../rerankers/rerank-stub.ts";
import { writeRivers } from "./rivers.ts";
import { runCommand, type Outcome } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "bake-off-"));
const run = (...args: readonly string[]): Promise<Outcome> =>
  runCommand(folder, ["evaluate", "--data", "rivers", "--device", "cpu", ...args]);

beforeAll(() => writeRivers(join(folder, "rivers")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("evaluate --rerankers", () => {
  test("compares a local model and a server over first stages, and writes what it recommends", async () => {
    await using stub = await RerankStub.start();
    const server = `tei:${stub.url}`;
    const { code, stdout, stderr } = await run(
      "--rerankers",
      `rerank-minilm-l3,${server},none`,
      "--first-stages",
      "bm25,dense",
      "--depth",
      "20",
      "--price",
      `${server}=0.001`,
      "--report",
      "rerankers.html",
      "--configuration",
      "rerankers.json",
    );
    expect([code, stderr]).toEqual([0, ""]);
    // One request for each question, and one to warm up.
    expect(stub.requests.length).toBeGreaterThanOrEqual(11);
    expect(stdout).toMatch(/entry +nDCG@10 +RR@10 +R@5 +ms mean +ms p95 +price/);
    // Ten questions decide nothing, and the table still has its marks.
    expect(stdout).toMatch(/^ ?(bm25|dense).* recommended/m);
    expect(stdout).toContain(
      "No decision: expected at least 50 judged queries, got 10. On these, ",
    );
    const configuration = readFileSync(join(folder, "rerankers.json"), "utf8");
    expect(readConfiguration(configuration)).toMatchObject({ decision: "undecided", queries: 10 });
    const report = readFileSync(join(folder, "rerankers.html"), "utf8");
    expect(report).toContain("<title>Rerankers on rivers</title>");
    expect(report).toContain("rerank-minilm-l3");
    expect(report).not.toContain(folder);
    expect(readdirSync(join(folder, ".langchain-rerank"))).toEqual([]);
  }, 120_000);

  test("keeps what is scored when a server fails, and asks only for the rest again", async () => {
    await using stub = await RerankStub.start();
    stub.decide = ({ body }) =>
      String(body["query"]).includes("Ebro") ? { status: 400, body: "no Ebro" } : "answer";
    const args = ["--rerankers", `tei:${stub.url}`, "--first-stages", "bm25", "--depth", "5"];
    const first = await run(...args);
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/1 question failed, for example Ebro: .*no Ebro/s);
    // Queries that end in a space are asked for their time alone.
    const scored = () =>
      stub.requests.filter(({ body }) => !String(body["query"]).endsWith(" ")).length;
    const before = scored();
    stub.decide = () => "answer";
    const second = await run(...args);
    expect([second.code, second.stderr]).toEqual([0, ""]);
    expect(scored() - before).toBeLessThanOrEqual(2);
  }, 120_000);

  test.each([
    [["--rerankers", "none", "--sweep"], "Expected --rerankers without --sweep, got both"],
    [["--rerankers", "none", "--systems", "dense"], "Expected --rerankers without --systems"],
    [["--rerankers", "none", "--summary", "s.md"], "Expected --rerankers without --summary"],
    [["--rerankers", "none", "--latency-tolerance", "5"], "without --latency-tolerance"],
    [["--rerankers", "none", "--update-baseline"], "without --update-baseline"],
    [["--first-stages", "dense"], "Expected --first-stages together with --rerankers"],
    [["--rerankers", "none,none"], "each once"],
    [["--rerankers", "none", "--first-stages", "sparse"], "dense, bm25, hybrid"],
    [["--rerankers", "none", "--price", "cheap"], "cohere:rerank-v3.5=0.002"],
    [["--rerankers", "none", "--price", "x=1"], "Expected --price for one of --rerankers"],
    [["--rerankers", "no-such-model"], "Expected --rerankers to be"],
    [["--rerankers", "cohere:"], "such as cohere:model-name, got cohere:."],
    [
      ["--rerankers", "tei:localhost:80"],
      "such as tei:http://localhost:8080, got tei:localhost:80",
    ],
    [["--rerankers", "tei:http://a:b@localhost:80"], "the headers of a RemotePairScorer"],
    [["--rerankers", "cohere:rerank-v3.5"], "COHERE_API_KEY"],
  ])("refuses %j before it embeds a passage", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect([1, 2]).toContain(code);
    expect(stderr).not.toContain("indexing");
    expect(stderr).toContain(message);
  });
});
