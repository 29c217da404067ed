import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "measured-systems-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rivers = ["Loire", "Rhine", "Danube", "Elbe", "Oder", "Po", "Ebro", "Tagus", "Seine", "Main"];
const facts = [
  "is long",
  "floods in spring",
  "carries ships",
  "ends in a delta",
  "has many bridges",
  "freezes in winter",
  "is full of fish",
  "feeds a lake",
  "crosses a border",
  "drives mills",
  "smells of salt",
  "bends to the west",
];

function lines(rows: readonly object[]): string {
  return `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
}

/** 120 passages, more than hybrid search fuses, and ten questions. */
function writeCollection(data: string): void {
  mkdirSync(join(data, "qrels"), { recursive: true });
  const corpus = rivers.flatMap((river) =>
    facts.map((fact, index) => ({
      _id: `${river}-${index}`,
      title: "",
      text: `${river} ${fact}.`,
    })),
  );
  writeFileSync(join(data, "corpus.jsonl"), lines(corpus));
  const queries = rivers.map((river, index) => ({
    _id: river,
    text: `Which river is like the ${river} and ${facts[index]}?`,
  }));
  writeFileSync(join(data, "queries.jsonl"), lines(queries));
  const judged = rivers.flatMap((river, index) =>
    [index, (index + 5) % 12].map((fact) => `${river}\t${river}-${fact}\t1`),
  );
  writeFileSync(
    join(data, "qrels/test.tsv"),
    ["query-id\tcorpus-id\tscore", ...judged, ""].join("\n"),
  );
}

test("gives hybrid search the same ranking and figures with and without a sweep, of any depth", async () => {
  writeCollection(join(folder, "rivers"));
  const evaluate = async (runs: string, args: readonly string[]): Promise<string> => {
    const model = ["--reranker", "rerank-minilm-l3", "--device", "cpu", "--data", "rivers"];
    const asked = ["--systems", "hybrid", "--measures", "nDCG@10", "--candidates", "20"];
    const given = ["evaluate", ...model, ...asked, "--trec-run", runs, ...args];
    const { code, stdout, stderr } = await runCommand(folder, given);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  const alone = await evaluate("alone", []);
  const swept = await evaluate("swept", ["--sweep", "--depth", "80"]);
  const run = (name: string): string => readFileSync(join(folder, name, "hybrid.run"), "utf8");
  expect(run("alone").trim().split("\n")).toHaveLength(200);
  expect(run("swept")).toBe(run("alone"));
  // The sweep's first stage begins as the system's list does.
  const mean = /^ ?hybrid +(0\.\d{3}) /m.exec(alone)?.[1];
  expect(mean).toMatch(/[1-9]/);
  expect(/^ ?not reranked +(0\.\d{3}) /m.exec(swept)?.[1]).toBe(mean);
}, 120_000);
