import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel } from "../fixtures/golden.ts";
import { runCommand, type Outcome } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<Outcome> {
  return runCommand(folder, args);
}

const sampleDocuments = join(import.meta.dirname, "../../sample_documents");
const main = join(import.meta.dirname, "../../dist/cli/main.js");
const ansi = "\u001B[";

describe("quickstart", () => {
  test("answers from the sample documents, and embeds nothing the second time", async () => {
    const first = await run("quickstart");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(
      /(\d+) passages of 8 guides in Chroma in .*: \1 embedded, 0 unchanged/,
    );
    expect(first.stdout).toMatch(/ 1 .*lora_finetuning_guide\.md#/);
    expect(first.stdout).toMatch(
      /candidates 50 in \d+ ms, rerank 50 in \d+ ms; \d+ ms in all, \d+ % of it reranking/,
    );
    expect(first.stdout).not.toContain(ansi);
    const second = await run("quickstart", "What is QLoRA?");
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/0 embedded, (\d+) unchanged/);
    expect(second.stdout).toContain("What is QLoRA?");
  }, 120_000);
});

describe("index and search", () => {
  const documents = join(folder, "documents");
  beforeAll(() => {
    mkdirSync(documents);
    writeFileSync(join(documents, "paris.md"), "# Paris\n\nParis is the capital of France.\n");
    writeFileSync(join(documents, "rivers.txt"), "The Loire is the longest river of France.\n");
    writeFileSync(join(documents, "picture.png"), "\0");
  });

  test("index says what it stored, and what it passed over and why", async () => {
    const { code, stdout, stderr } = await run("index", documents);
    expect([code, stderr.trim()]).toEqual([0, "skipped picture.png: other-format"]);
    expect(stdout).toMatch(
      /^2 passages of 2 files in Chroma in .*: 2 embedded, 0 unchanged, 0 removed\.$/m,
    );
  }, 60_000);

  test("index says what stays of files that are gone, or that it cannot read", async () => {
    const other = join(folder, "other");
    mkdirSync(other);
    for (const name of ["gone", "here", "latin"]) writeFileSync(join(other, `${name}.md`), name);
    const model = tinyModel("tiny-bert-embedder");
    const store = ["--model", model, "--store", "staying", "--collection", "staying"];
    const indexed = ["index", other, ...store];
    expect((await run(...indexed)).stdout).toMatch(/^3 passages of 3 files/m);
    rmSync(join(other, "gone.md"));
    writeFileSync(join(other, "latin.md"), Buffer.from("caf\xe9", "latin1"));
    const { stdout, stderr } = await run(...indexed);
    expect(stderr.trim()).toBe("skipped latin.md: not-utf-8");
    expect(stdout.replace(other, "other").trim().split("\n").slice(1)).toEqual([
      "Also stored: 1 passage of 1 file not in other; --prune deletes them.",
      "Kept unchanged: 1 passage of latin.md (not-utf-8).",
      `Next: npx langchain-rerank search "your question" --model ${model} --store staying --collection staying`,
    ]);
    const last = await run(...indexed, "--encoding", "windows-1252", "--prune");
    expect(last.stdout).toMatch(
      /^2 passages of 2 files .*: 1 embedded, 1 unchanged, 2 removed\.$/m,
    );
  }, 120_000);

  test("refuses a folder whose file would replace one of another folder", async () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    for (const [path, text] of Object.entries({ [first]: "A lake.", [second]: "A hill." })) {
      mkdirSync(path);
      writeFileSync(join(path, "guide.md"), text);
      writeFileSync(join(path, `${text.slice(2, -1)}.md`), text);
    }
    const store = ["--model", tinyModel("tiny-bert-embedder"), "--store", "same-names"];
    expect((await run("index", first, ...store)).stdout).toContain("2 embedded");
    const refused = await run("index", second, ...store);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`in ${first}, which is in the same collection, got guide.md`);
    const again = await run("index", first, ...store);
    expect(again.stdout).toContain("0 embedded, 2 unchanged, 0 removed");
    const without = await run("index", second, ...store, "--ignore", "guide.md");
    expect(without.stdout).toContain("1 embedded, 0 unchanged, 0 removed");
    expect((await run("index", second, ...store, "--prune")).stdout).toContain(
      "1 embedded, 1 unchanged, 2 removed",
    );
    rmSync(second, { recursive: true });
    expect((await run("index", first, ...store)).stdout).toContain(
      "2 embedded, 0 unchanged, 1 removed",
    );
  }, 120_000);

  test("--json gives the passages with provenance and milliseconds", async () => {
    const { code, stdout } = await run(
      "search",
      "What is the capital of France?",
      "--json",
      "--k",
      "1",
    );
    const { results, milliseconds, stages } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(results).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        text: "# Paris\n\nParis is the capital of France.",
        metadata: expect.objectContaining({
          source: "paris.md",
          section: "paris",
          start: 0,
          end: 40,
        }),
        retrieval: {
          rank: 1,
          rankShift: 0,
          dense: { rank: 1, score: expect.any(Number) },
          rerank: expect.objectContaining({ scored: true, model: "rerank-minilm-l6" }),
        },
      },
    ]);
    expect(milliseconds).toBeGreaterThan(0);
    expect(stages).toEqual([
      { name: "candidates", milliseconds: expect.any(Number), count: 2 },
      { name: "rerank", milliseconds: expect.any(Number), cached: 0, count: 2 },
    ]);
  });

  test("explains its figures, and says if nothing seems relevant", async () => {
    const doubt =
      /^No passage has a relevance above 0\.0\d\d, so perhaps none answers the question\./m;
    const found = await run("search", "What is the capital of France?", "--text");
    expect(found.stdout).toMatch(
      /^shift: ranks gained by reranking; rerank: relevance from 0 to 1$/m,
    );
    expect(found.stdout).not.toMatch(doubt);
    expect(found.stdout).toContain("1  paris.md#paris\n  # Paris\n");
    expect((await run("search", "asdf qwer")).stdout).toMatch(doubt);
    const none = await run("search", "asdf qwer", "--score-threshold", "0.5");
    expect([none.code, none.stdout]).toEqual([0, "No passage reaches --score-threshold.\n"]);
  }, 60_000);

  test("lists other collections if its own is empty", async () => {
    const { code, stderr } = await run("search", "x", "--collection", "nothing");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: Expected passages in collection "nothing" .*: pass --collection .*documents.*, or run/,
    );
  }, 60_000);

  test("--no-rerank shows the first stage alone", async () => {
    const { stdout } = await run("search", "longest river", "--no-rerank");
    expect(stdout).toContain("rivers.txt");
    expect(stdout).not.toContain("rerank");
  });

  test("--compare shows both orders side by side", async () => {
    const { code, stdout } = await run("search", "longest river", "--compare");
    expect(code).toBe(0);
    expect(stdout).toContain("first stage alone");
    expect(stdout).toMatch(/ 1 +rivers\.txt +rivers\.txt +=/);
    expect(stdout).toMatch(/^first stage alone: the order without reranking; shift: /m);
  });

  test("--hybrid finds by words what vectors alone find too, with both scores and the fusion's", async () => {
    const args = ["search", "longest river", "--hybrid", "--json", "--blend", "0.5"];
    const { results, stages } = JSON.parse((await run(...args)).stdout);
    expect(stages.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      "blend",
      "bm25",
      "dense",
      "fusion",
      "rerank",
    ]);
    expect(results[0].retrieval).toMatchObject({
      rank: 1,
      dense: { rank: expect.any(Number) },
      lexical: { rank: 1, score: expect.any(Number) },
      fused: { method: "reciprocal-rank" },
      blended: { rank: 1 },
    });
    const other = await run("search", "longest river", "--hybrid", "--fusion", "min-max", "--json");
    expect(JSON.parse(other.stdout).results[0].retrieval.fused.method).toBe("weighted-min-max");
  });

  test("a changed file is updated, a deleted one removed with --prune", async () => {
    writeFileSync(join(documents, "paris.md"), "# Paris\n\nParis lies on the Seine.\n");
    expect((await run("index", documents)).stdout).toContain("1 embedded, 1 unchanged, 1 removed");
    rmSync(join(documents, "rivers.txt"));
    expect((await run("index", documents)).stdout).toContain("0 embedded, 1 unchanged, 0 removed");
    const pruned = await run("index", documents, "--prune");
    expect(pruned.stdout).toContain("0 embedded, 1 unchanged, 1 removed");
  }, 60_000);

  test("a store in memory needs no server", async () => {
    const store = ["--store", "memory", "--documents", documents];
    const { code, stdout } = await run("search", "Where does Paris lie?", ...store);
    expect(code).toBe(0);
    expect(stdout).toContain("paris.md#paris");
  });
});

/** Runs `models` with what follows it in a shell. */
function shell(line: string): SpawnSyncReturns<string> {
  return spawnSync(
    "bash",
    ["-o", "pipefail", "-c", `"$0" "$1" models ${line}`, process.execPath, main],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
}

describe.skipIf(process.platform === "win32")("a command whose output cannot be written", () => {
  test("completes if its reader has read enough", () => {
    expect(shell("| head -1")).toMatchObject({ status: 0, stderr: "" });
    expect(shell("| true")).toMatchObject({ status: 0, stderr: "" });
  });

  test.skipIf(!existsSync("/dev/full"))("fails and says so if the disk is full", () => {
    expect(shell("> /dev/full")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: Standard output cannot be written: .*ENOSPC/),
    });
  });
});

describe("mistakes", () => {
  const empty = join(folder, "empty");
  beforeAll(() => {
    mkdirSync(empty);
  });

  test.each([
    [["search", "q", "--k", "0"], 2, "Expected a whole number of at least 1."],
    [["search", "q", "--k", "1.5"], 2, "Expected a whole number of at least 1."],
    [["search", "q", "--unknown"], 2, "unknown option '--unknown'"],
    [["search"], 2, "missing required argument 'question'"],
    [["nonsense"], 2, "unknown command 'nonsense'"],
    [["search", "q", "--fusion", "sum"], 2, "Allowed choices are rrf, min-max"],
    [["search", "q", "--blend", "2"], 2, "argument '2' is invalid. Expected a number from 0 to 1."],
    [["search", "q", "--blend", "abc"], 2, "argument 'abc' is invalid. Expected a number from 0"],
    [["ask", "q", "--score-threshold", "x"], 2, "Expected a number from 0 to 1."],
    [["search", "q", "--fusion", "rrf"], 2, "Expected --fusion together with --hybrid"],
    [
      ["search", "q", "--compare", "--json"],
      2,
      "Expected only one of --compare and --json, got both: leave one out.",
    ],
    [
      ["search", "q", "--blend", "1", "--no-rerank"],
      2,
      "Expected only one of --blend and --no-rerank",
    ],
    [["search", "q", "--text", "--json"], 2, "Expected only one of --text and --json, got both"],
    [
      ["search", "q", "--score-threshold", "0", "--no-rerank"],
      2,
      "Expected only one of --score-thr",
    ],
    [["search", "q", "--no-rerank", "--reranker", "rerank-minilm-l3"], 2, "one of --reranker and"],
    [["serch", "--help"], 2, "unknown command 'serch'. Did you mean `search`?"],
    [["help", "serch"], 2, "unknown command 'serch'. Did you mean `search`?"],
    [["models", "verfy", "--help"], 2, "unknown command 'verfy'. Did you mean `verify`?"],
    [["models", "verfy"], 2, "unknown command 'verfy'. Did you mean `verify`?"],
    [["models", "pull", "a/b", "c/d"], 2, "too many arguments for 'pull'. Expected 1 argument but"],
    [["models", "verify", "a/b", "c/d"], 2, "too many arguments for 'verify'"],
    [["doctor", "all"], 2, "too many arguments for 'doctor'"],
    [["search", "q", "r"], 2, "too many arguments for 'search'"],
    [["models", "nonsense"], 2, "unknown command 'nonsense'."],
    [["search", "q", "--collection", "ab"], 2, "option '--collection <name>' argument 'ab' is"],
    [["index", ".", "--store", ""], 2, "option '--store <where>' argument '' is invalid."],
    [["ask", "q", "--llm", "openai:"], 2, "as provider:model, such as openai:gpt-4.1-mini, got"],
    [["search", "q", "--max-per-source", "0"], 2, "Expected a whole number of at least 1."],
    [
      ["search", "q", "-k", "60", "--candidates", "50"],
      2,
      "Expected --candidates to be at least 60",
    ],
    [["index", ".", "--reranker", "bge-reranker-base"], 2, "unknown option '--reranker'"],
    [
      ["evaluate", "a.run"],
      2,
      "Expected <run> together with --compare, got <run> alone: add --compare",
    ],
    [["evaluate", "--judgements", "a.tsv"], 2, "Expected --judgements together with --compare"],
    [["evaluate", "--depth", "5"], 2, "Expected --depth together with --sweep, got --depth alone"],
    [
      ["quickstart", "what", "is", "it"],
      2,
      "got 3. Put a question or a path that contains spaces in quotes",
    ],
    [["search", "q", "--model", "bge-smal"], 1, "got bge-smal. Did you mean bge-small?"],
    [["search", "q", "--reranker", "all-MiniLM-L6-v2"], 1, "all-MiniLM-L6-v2 is a bi-encoder"],
    [["search", "q", "--model", "rerank-minilm-l3"], 1, "rerank-minilm-l3 is a cross-encoder"],
    [["doctor", "--model", "nope"], 1, "got nope"],
    [["search", "q", "--hybrid", "--collection", "nothing"], 1, "Expected passages in collection"],
    [["search", "q", "--device", "tpu"], 2, "Expected one of auto, cuda, webgpu, cpu."],
    [
      ["search", "q", "--store", "memory"],
      2,
      "Expected --store memory and --documents <folder> together",
    ],
    [
      ["search", "q", "--compare", "--no-rerank"],
      2,
      "Expected only one of --compare and --no-rerank, got both",
    ],
    [
      ["index", ".", "--store", "memory"],
      2,
      "Expected --store to be a folder or a URL, got memory",
    ],
    [["search", " "], 1, "Expected <question> to be a non-empty string"],
    [["search", "q", "--store", "http://127.0.0.1:9"], 1, "http://127.0.0.1:9"],
    [["search", "q", "--model", "no-such-model"], 1, "got no-such-model"],
    [["index", "no/such/folder"], 1, "Expected <folder> to be a folder of Markdown or text files"],
    [["index", empty], 1, "found none"],
    [
      ["search", "q", "--collection", "nothing-here"],
      1,
      "run `npx langchain-rerank index <folder>` first",
    ],
    [["models", "pull", "no-such-model"], 1, "Expected <name> to be a folder, owner/name on the"],
    [["models", "verify", "/no/model"], 1, "Expected <name> to be a folder, got /no/model"],
    [
      ["search", "q", "--model", "/no/model"],
      1,
      "Expected --model to be a folder, got /no/model, ",
    ],
    [
      ["search", "q", "--reranker", "/no/model"],
      1,
      "Expected --reranker to be a folder, got /no/m",
    ],
    [["quickstart", "--reranker", "no-model"], 1, "Expected --reranker to be a folder, owner/name"],
    [["evaluate", "--reranker", "no-model"], 1, "Expected --reranker to be a folder, owner/name"],
    [["search", "q", "--reranker", "all-MiniLM-L6-v2"], 1, "pass it to --model of `index` and"],
    [["search", "q", "--store", "http://h/p"], 2, "Expected --store to be a scheme, host and port"],
    [["search", "q", "--store", "memory", "--documents", "no"], 1, "Expected --documents to be a "],
    [["index", ".", "--encoding", "no"], 2, "Expected --encoding to be the name of a text encod"],
    [
      ["models", "pull", "rerank-minilm-l3", "--file", "../model.onnx"],
      2,
      'Expected `--file` to be the path of an ONNX file inside the model\'s folder, with `/` and without `.` and `..`, such as "onnx/model.onnx", got "../model.onnx".',
    ],
    [["models", "pull", "a/b", "--dtype", "int4"], 2, "fp32, fp16, int8, uint8, q4, q4f16"],
    [
      ["models", "pull", "a/b", "--dtype", "q4", "--file", "onnx/model.onnx"],
      2,
      "cannot be used with option '--dtype <dtype>'",
    ],
  ])("%j exits with %d and one line", async (args, code, message) => {
    const outcome = await run(...args);
    expect(outcome.stderr).toContain(message);
    expect([outcome.code, outcome.stderr.trim().split("\n").length]).toEqual([code, 1]);
    expect(outcome.stderr).not.toContain(ansi);
  });

  test("a search creates no store if there is none", async () => {
    const store = join(folder, "no", "such", "store");
    const { code, stderr } = await run("search", "q", "--store", store);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Expected a store in ${store}, found none: run \`npx langchain-rerank`,
    );
    expect(existsSync(join(folder, "no"))).toBe(false);
  });

  test("-k above the usual number of candidates raises that number", async () => {
    const store = ["--store", "memory", "--documents", sampleDocuments];
    const { stdout } = await run("search", "What is QLoRA?", "-k", "60", "--json", ...store);
    expect(JSON.parse(stdout).results).toHaveLength(60);
  }, 60_000);

  test.runIf(!existsSync("/dev/nvidia0"))(
    "a GPU that is not there is said before a file that only it needs is missed",
    async () => {
      const store = ["--store", "memory", "--documents", sampleDocuments];
      const { code, stderr } = await run("search", "q", "--device", "cuda", ...store);
      expect(code).toBe(1);
      expect(stderr).toContain("The cuda provider of ONNX Runtime does not work here.");
      expect(stderr).toContain("In addition, all-MiniLM-L6-v2 has no fp16 file");
    },
    60_000,
  );

  test("--verbose shows where an error comes from", async () => {
    const { code, stderr } = await run("index", "no/such/folder", "--verbose");
    expect(code).toBe(1);
    expect(stderr).toMatch(/ {4}at .*load-folder/);
  });
});

describe("models and doctor", () => {
  test("models lists the catalogue and what is bundled", async () => {
    const { code, stdout } = await run("models");
    expect(code).toBe(0);
    expect(stdout).toMatch(/bge-reranker-large +cross-encoder +560M +512 +MIT/);
    expect(stdout).toMatch(/rerank-minilm-l6 .* bundled/);
  });

  test("models pull of a bundled model says where it is", async () => {
    const { code, stdout } = await run("models", "pull", "rerank-minilm-l3");
    expect([code, stdout.trim()]).toEqual([
      0,
      expect.stringMatching(/\(int8\) is in .*rerank-minilm-l3$/),
    ]);
  });

  test("models pull takes a graph of any name", async () => {
    const model = tinyModel("tiny-qwen3-embedder");
    const { code, stdout } = await run("models", "pull", model, "--file", "onnx/model_q4.onnx");
    expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/\(q4\) is in/)]);
  });

  test("doctor reports the device, how to get CUDA, and what a query costs", async () => {
    const { code, stdout } = await run("doctor", "--model", "rerank-minilm-l3");
    expect(code).toBe(0);
    expect(stdout).toMatch(/ok +device auto +(cpu|cuda|webgpu)/);
    expect(stdout).toContain("CUDA");
    expect(stdout).toMatch(
      /at 128 tokens, that is \d+ pairs per second,\s+\d+ ms for 50 candidates/,
    );
  });

  test("doctor does not download a model to time it, and reports it as missing", async () => {
    const { code, stdout } = await run("doctor", "--model", "bge-reranker-large");
    expect(code).toBe(1);
    expect(stdout).toContain("npx langchain-rerank models pull bge-reranker-large");
    expect(stdout).toContain("bge-reranker-large is not on this disk");
  });

  test("evaluate --help shows defaults as they are typed", async () => {
    const { stdout } = await run("evaluate", "--help");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("(default: nDCG@10,RR@10,R@5)");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      "(default: dense,bm25,hybrid,rerank,hybrid+rerank)",
    );
  });

  test("--help and --version end with 0", async () => {
    expect((await run("--help")).code).toBe(0);
    expect(await run("--version")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+/),
    });
  });
});
