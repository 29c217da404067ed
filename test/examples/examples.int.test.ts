import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const folder = join(import.meta.dirname, "../../examples");
const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
// Node runs TypeScript from 22.18 on. For an older one the examples are compiled into a folder beside theirs, so that
// they find the package and its sample documents.
const stripsTypes = Boolean(Reflect.get(process.features, "typescript"));
const programs = stripsTypes ? folder : mkdtempSync(join(folder, "../examples-"));
beforeAll(() => {
  if (stripsTypes) return;
  const tsc = join(folder, "../node_modules/typescript/bin/tsc");
  const options =
    "--target es2023 --module nodenext --skipLibCheck --ignoreConfig --types node".split(" ");
  const sources = names.map((name) => join(folder, name));
  const { stdout, status } = runProgram(process.execPath, [
    tsc,
    ...options,
    "--rootDir",
    folder,
    "--outDir",
    programs,
    ...sources,
  ]);
  if (status !== 0) throw new Error(`Expected the examples to compile, got: ${stdout}`);
});
afterAll(() => {
  if (!stripsTypes) rmSync(programs, { recursive: true, force: true });
});

const workplace = mkdtempSync(join(tmpdir(), "examples-"));
afterAll(() => rmSync(workplace, { recursive: true, force: true }));

/** Runs an example in a folder of its own, as a reader does, and gives what it prints. */
async function outputOf(name: string): Promise<string> {
  const file = join(programs, stripsTypes ? name : name.replace(/\.ts$/, ".js"));
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    cwd: workplace,
    timeout: 100_000,
  });
  return stdout;
}

/** What each example claims, as a check of its output. */
const claims: Readonly<Record<string, (output: string) => void>> = {
  "01-rerank.ts": (output) => {
    expect(output).toMatch(/^0\.[5-9]\d\d A full charge takes about four hours/);
    expect(output.match(/^0\.\d{3} /gm)).toHaveLength(3);
  },
  "02-contextual-compression.ts": (output) => {
    expect(output).toMatch(/^0\.\d{3} Coffee: a filter needs 60 g.*\n0\.\d{3} .*\n$/);
  },
  "03-hybrid-search.ts": (output) => {
    expect(output).toMatch(/^ 1 │.*│ E-4712: /m);
    expect(output).toMatch(/Bm25Retriever 2 in .*DenseRetriever 4 in .*fusion 4 in .*rerank 4 in/);
  },
  "04-answer-with-sources.ts": (output) => {
    expect(output).toBe("For four weeks [1], or longer.\n[1] lending.md\ntaken out: [7]\n");
  },
  "05-agent.ts": (output) => {
    expect(output).toBe("found: The roof was renewed in 2019.\nanswer: In 2019.\n");
  },
  "06-own-scorer.ts": (output) => {
    expect(output).toBe(
      "1 The train to the lake (shared-words)\n0.5 Swim in the lake (shared-words)\n",
    );
  },
  "07-evaluate.ts": (output) => {
    const values = /^BM25 nDCG@10 (0\.\d+) R@5 0\.\d+\nreranked nDCG@10 (0\.\d+) R@5 0\.\d+\n$/;
    const [, first, reranked] = values.exec(output) ?? [];
    expect(Number(reranked)).toBeGreaterThan(Number(first));
  },
  "08-deadline-and-abort.ts": (output) => {
    const counts = [...output.matchAll(/: (\d+) of (\d+) scored/g)].map(([, scored, all]) => [
      Number(scored),
      Number(all),
    ]);
    const [[whole = 0, candidates] = [], [inTime = NaN] = []] = counts;
    expect(whole).toBe(candidates);
    expect(inTime).toBeLessThan(whole);
    expect(output).toMatch(/ended: Error: the user left\n$/);
  },
  "09-any-vector-store.ts": (output) => {
    expect(output).toBe(
      "north: The meeting room seats twelve and has a screen.\nsouth: The meeting room seats six.\n",
    );
  },
  "10-index-a-folder.ts": (output) => {
    expect(output).toMatch(/^(\d+) passages of 8 files: \1 added, 0 unchanged\n/);
    expect(output).toMatch(/^ 1 │.*lora_finetuning_guide\.md#memory-saved/m);
  },
  "11-transformers-js.ts": (output) => {
    expect(output).toMatch(/^0\.\d{3} Bees visit flowers for nectar\.\n0\.\d{3} .*\n$/);
  },
  "12-rerank-server.ts": (output) => {
    expect(output).toBe("up Swim in the lake. far\ndown Swim in the lake. rerank-minilm-l6\n");
  },
  "13-chat-model-rerank.ts": (output) => {
    expect(output).toMatch(
      /^\[3\] > \[2\] -> Swim in the river\. 1 call, no failure\n.* -> The train leaves at noon\. 1 call, Expected the numbers of 3 passages.* from fake, got "I cannot rank passages\.": .*\n$/,
    );
  },
  "14-cascade.ts": (output) => {
    expect(output.match(/^0\.\d{3} .*all-MiniLM-L6-v2 rerank-minilm-l6$/gm)).toHaveLength(2);
    expect(output).toMatch(/^0\.\d{3} A full charge takes .*(?:\n- .*all-MiniLM-L6-v2){2}\n$/s);
  },
  "15-late-interaction.ts": (output) => {
    expect(output).toMatch(/^stored 4\n\d\.\d\d A full charge takes .*\n\d\.\d\d .*\n$/);
  },
};

function expectClaim(name: string, output: string): void {
  const check = claims[name];
  expect(check, `a claim of ${name}`).toBeDefined();
  check?.(output);
}

test("every example has a claim here, a line in the table, and at most 30 lines", () => {
  expect(Object.keys(claims)).toEqual(names);
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of names) {
    expect(readme).toContain(`](${name})`);
    expect(readFileSync(join(folder, name), "utf8").trimEnd().split("\n").length).toBeLessThan(31);
  }
});

test.each(names)(
  "%s prints what it claims",
  async (name) => {
    expectClaim(name, await outputOf(name));
  },
  120_000,
);

test("the second run of 10-index-a-folder.ts embeds nothing", async () => {
  expect(await outputOf("10-index-a-folder.ts")).toMatch(/: 0 added, (?!0 )\d+ unchanged\n/);
}, 120_000);
