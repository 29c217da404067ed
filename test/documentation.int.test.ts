import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatStub, type ChatRequest, type ChatTurn } from "./chat-stub.ts";
import { RerankStub } from "./rerankers/rerank-stub.ts";
import { runProgram } from "./run-program.ts";
import { standIns, withBundledModels } from "./stand-ins.ts";

const root = join(import.meta.dirname, "..");

/** The README and every guide, each with the programs that it shows. */
const pages = ["README.md", ...namesIn("docs")].map((path) => {
  const text = readFileSync(join(root, path), "utf8");
  const programs = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
  return { name: basename(path, ".md"), programs };
});

// Inside the package, where its own name leads to its build.
const folder = mkdtempSync(join(root, "test/documentation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function namesIn(directory: string): string[] {
  const names = readdirSync(join(root, directory)).filter((name) => name.endsWith(".md"));
  return names.map((name) => `${directory}/${name}`);
}

function fileOf(page: string, index: number): string {
  return join(folder, page, `program-${index}.ts`);
}

beforeAll(() => {
  cpSync(join(root, "sample_documents"), join(folder, "sample_documents"), { recursive: true });
  for (const { name, programs } of pages) {
    mkdirSync(join(folder, name));
    for (const [index, program] of programs.entries()) {
      writeFileSync(fileOf(name, index), withBundledModels(program));
    }
  }
});

/**
 * Runs the programs of a page one after the other, and gives what each one prints. All pages share one folder, so that
 * the guides are embedded once.
 */
async function outputsOf(page: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const outputs: string[] = [];
  const programs = pages.find(({ name }) => name === page)?.programs ?? [];
  for (const index of programs.keys()) {
    const file = fileOf(page, index).replace(/ts$/, "js");
    const env = { ...process.env, ...environment };
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env });
    outputs.push(stdout);
  }
  return outputs;
}

/** Starts a chat model at the wire: it answers each request with the next of these turns. */
async function chatModel(...turns: readonly ChatTurn[]): Promise<{
  readonly requests: readonly ChatRequest[];
  readonly environment: NodeJS.ProcessEnv;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const stub = await ChatStub.start();
  stub.plan(...turns);
  return {
    requests: stub.requests,
    environment: { OPENAI_API_KEY: "none", OPENAI_BASE_URL: stub.openAiUrl },
    [Symbol.asyncDispose]: () => stub[Symbol.asyncDispose](),
  };
}

const query = "How does LoRA reduce memory?";

/** What the programs of each page claim. */
const claims: Readonly<Record<string, () => Promise<void>>> = {
  async README() {
    const [first = ""] = await outputsOf("README");
    expectFiveBest(first);
  },
  async "getting-started"() {
    const [first = "", second, third] = await outputsOf("getting-started");
    expectFiveBest(first);
    expect(second).toMatch(/^ 1 │ ↑1 .*lora_finetuning_guide\.md#memory-saved/m);
    expect(second).toMatch(/candidates 50 in .* rerank 50 in/);
    expect(second).toMatch(/Without reranking the first section is catastrophic-forgetting/);
    expect(third).toMatch(/^LoRA Fine-Tuning Guide > .+\n$/);
  },
  async "hybrid-search"() {
    const [output, fitted] = await outputsOf("hybrid-search");
    expect(output).toMatch(/rank: 1,\s+dense: \{ rank: 2, score: 0\.[56]\d+ \},/);
    expect(output).toMatch(
      /lexical: \{ rank: 1, score: \d.*\},\s+fused: \{ rank: 1, score: 0\.03\d+,/,
    );
    expect(output).toMatch(/ 3 │.*\nBm25Retriever \d+ in .* fusion 50 in .* rerank 50 in/);
    expect(fitted).toMatch(
      /^(?:\w+ -?\d\.\d\d -?\d\.\d\d to -?\d\.\d\d\n){8}lora_finetuning_guide\.md \{/,
    );
    expect(fitted).toMatch(/rank: 1,\s+score: \d.*contributions: \{.*rerankScore: -?\d/s);
    expect(JSON.parse(written("fusion.json"))).toMatchObject({ version: 1, candidateCount: 20 });
  },
  async "answers-with-sources"() {
    await using chat = await chatModel(
      { pieces: ["Only two small matrices are trained ", "[1], not all weights [9]."] },
      { pieces: ["It has 128 GB [1]. All processors share it."] },
      { pieces: ["The documents do not contain the answer."] },
      { pieces: ["supported"] },
    );
    const [answer, passages, measured] = await outputsOf("answers-with-sources", chat.environment);
    expect(answer).toBe(
      "Only two small matrices are trained [1], not all weights.\n[1] lora_finetuning_guide.md\n",
    );
    expect(chat.requests[0]?.messages.at(-1)?.content).toMatch(
      /^<passages>\n<passage number="1" source="lora_finetuning_guide\.md" heading="LoRA[^"]*">\n/,
    );
    expect(passages?.match(/^\w+\.md: /gm)).toHaveLength(3);
    expect(passages).toMatch(/^lora_finetuning_guide\.md: .*no\noptimizer state\./s);
    expect(measured).toBe(
      [
        "citations: precision 1, recall 0.2",
        "answered 0.5, refused 0.5, failed 0",
        "wrongly refused: 0.5",
        "unsupported claims: 0.5, unjudged 0",
        "tokens of the chain: 24 in, 6 out",
        "1 [ 'supported: It has 128 GB.', 'uncited: All processors share it.' ]",
        "undefined []\n",
      ].join("\n"),
    );
  },
  async serving() {
    const [ranking] = await outputsOf("serving");
    expect(ranking).toMatch(
      /^\[\s+\{ index: 1, score: 0\.\d+ \},\s+\{ index: 0, score: [\d.e-]+ \}\s+\]\n$/,
    );
  },
  async scaling() {
    const closed = "http://127.0.0.1:1";
    const [forecast, failover] = await outputsOf("scaling", {
      RERANK_URLS: `${closed},${closed}`,
    });
    expect(forecast).toMatch(/ memory\? \d[\d.e-]* ms, \d[\d.e-]* queries a second\n$/);
    expect(failover).toBe("scored: true, by rerank-minilm-l6\n");
  },
  async agents() {
    await using chat = await chatModel(
      { toolCalls: [{ name: "search_guides", args: { query } }] },
      { pieces: ["It trains two small matrices."] },
    );
    expect(await outputsOf("agents", chat.environment)).toEqual([
      "It trains two small matrices.\n",
    ]);
    expect(chat.requests[1]?.messages.at(-1)).toEqual({
      role: "tool",
      content: expect.stringMatching(
        /(?:<passage id="[0-9a-f]{8}" [^]*){4}<passage id="[0-9a-f]{8}" source="lora_finetuning_guide\.md"/,
      ),
    });
  },
  async mcp() {
    const [found] = await outputsOf("mcp");
    expect(found).toMatch(/source: 'lora_finetuning_guide\.md'/);
    expect(found?.match(/uri: 'passage:\/\/\/[0-9a-f]{32}'/g)).toHaveLength(3);
  },
  async evaluation() {
    const [output] = await outputsOf("evaluation");
    expect(output).toMatch(
      /^bm25 nDCG@10 0\.\d+, R@5 0\.\d+\nreranked nDCG@10 0\.\d+, R@5 0\.\d+\n/,
    );
    expect(output).toMatch(/^best depth: (?:no reranking|10|20)$/m);
    expect(output).toMatch(/^(?:rerank|first-stage): .*60/m);
    expect(output).toMatch(/^(?:error|warning|info): /m);
    expect(JSON.parse(written("reranking.json"))).toMatchObject({ version: 1, queries: 60 });
    expect(written("report.html")).toContain("nDCG@10");
  },
  async "rerank-servers"() {
    const stub = await RerankStub.start();
    const environment = { RERANK_URL: stub.url };
    const [served] = await outputsOf("rerank-servers", environment);
    expect(served).toMatch(/^(?:tei at 127\.0\.0\.1:\d+ 0\.\d+ \w+\.md\n){3}$/);
    await stub[Symbol.asyncDispose]();
    const [local] = await outputsOf("rerank-servers", environment);
    expect(local).toMatch(/^(?:rerank-minilm-l6 0\.\d+ \w+\.md\n){3}$/);
  },
  async cascades() {
    const [trace, model] = await outputsOf("cascades");
    expect(trace).toMatch(/ 1 │.*lora_finetuning_guide\.md/);
    expect(trace).toMatch(
      /rerank 50 in \d+ ms \(.* 50 in .*, .* 10 in \d+ ms\); .* 10 of 50 scored/,
    );
    expect(model).toMatch(/^0\.\d+ LoRA trains two small matrices\.\n$/);
  },
  async "late-interaction"() {
    const [output] = await outputsOf("late-interaction");
    expect(output).toMatch(/^(?:\d\.\d+ \w+\.md\n){3}$/);
    expect(output).toMatch(/^\S+ lora_finetuning_guide\.md/);
  },
  async "chat-model-rerankers"() {
    await using chat = await chatModel({ pieces: ["[20] > [2] > [1]"] });
    const [output] = await outputsOf("chat-model-rerankers", chat.environment);
    expect(output).toMatch(/^ 1 │ ↑19 /m);
    expect(output).toMatch(/rerank 20 in \d+ ms with 1 model call and 15 tokens; /);
    expect(chat.requests[0]?.messages[0]?.content).toContain("Prefer passages with numbers.");
  },
  async "models-and-gpus"() {
    const [answers, short, info, transformers] = await outputsOf("models-and-gpus");
    expect(answers).toMatch(/^Float32Array\(2\) \[ -?[\d.]+, -?[\d.]+ \]\n$/);
    expect(short).toBe("256\n");
    expect(info).toMatch(/^\w+ on \w+, \d+ workers, [\w-]+\n$/);
    expect(transformers).toMatch(/^-?\d+\.\d+ -\d+\.\d+\n384\n$/);
  },
  async "in-production"() {
    const [output] = await outputsOf("in-production");
    expect(output).toMatch(/^200 \{"found":\["[^"]+"(?:,"[^"]+"){4}\],"coverage":\{"scored":\d+,/);
  },
};

/** A file that a program wrote. */
function written(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

function expectFiveBest(output: string): void {
  expect(output).toMatch(/^0\.9\d+ lora_finetuning_guide\.md/);
  expect(output.match(/^0\.\d+ /gm)).toHaveLength(5);
}

describe("the programs of the README and the guides", () => {
  const shown = pages.filter(({ programs }) => programs.length > 0);

  test("each have a claim here, and name only the models that have stand-ins", () => {
    expect(Object.keys(claims).toSorted()).toEqual(shown.map(({ name }) => name).toSorted());
    const programs = shown.flatMap((page) => page.programs);
    for (const [name] of standIns) expect(programs.join()).toContain(name);
  });

  test("compile in strict mode", () => {
    const options =
      "--strict --skipLibCheck --ignoreConfig --types node --module nodenext --target es2023 --lib es2023,esnext.disposable";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const files = shown.flatMap(({ name, programs }) =>
      programs.map((_program, index) => fileOf(name, index)),
    );
    const places = ["--rootDir", folder, "--outDir", folder];
    const { status, stdout } = runProgram(process.execPath, [
      tsc,
      ...options.split(" "),
      ...places,
      ...files,
    ]);
    expect(status, stdout).toBe(0);
  });

  test.each(shown)(
    "of $name run one after the other, and do what they claim",
    async ({ name }) => {
      await expectClaim(name);
    },
    300_000,
  );
});

async function expectClaim(page: string): Promise<void> {
  const check = claims[page];
  expect(check, `a claim of ${page}`).toBeDefined();
  await check?.();
}
