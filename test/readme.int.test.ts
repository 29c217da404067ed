import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ChatStub } from "./chat-stub.ts";
import { runProgram } from "./run-program.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);

/** The models of the README are large; the bundled ones take their place, and nothing else is changed. */
const standIns: readonly (readonly [string, string])[] = [
  ["BAAI/bge-large-en-v1.5", "all-MiniLM-L6-v2"],
  ["BAAI/bge-reranker-large", "rerank-minilm-l6"],
];

// Inside the package, where its own name leads to its build.
const folder = mkdtempSync(join(root, "test/readme-"));
cpSync(join(root, "sample_documents"), join(folder, "sample_documents"), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the programs of the README", () => {
  const files = programs.map((program, index) => {
    const file = join(folder, `program-${index}.ts`);
    const code = standIns.reduce((text, [from, to]) => text.replaceAll(from, to), program);
    writeFileSync(file, code);
    return file;
  });

  test("are there, and name only the models that have stand-ins", () => {
    expect(programs.length).toBeGreaterThanOrEqual(2);
    for (const [name] of standIns) expect(programs.join()).toContain(name);
  });

  test("compile in strict mode, and run one after the other", async () => {
    await using stub = await ChatStub.start();
    const query = "How does LoRA reduce memory?";
    stub.plan(
      { pieces: ["Only two small matrices are trained ", "[1], not all weights [9]."] },
      { toolCalls: [{ name: "search_guides", args: { query } }] },
      { pieces: ["It trains two small matrices."] },
    );
    const options =
      "--strict --skipLibCheck --ignoreConfig --types node --module nodenext --target es2023 --lib es2023,esnext.disposable";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const places = ["--rootDir", folder, "--outDir", folder];
    const words = [tsc, ...options.split(" "), ...places, ...files];
    const { status, stdout: complaints } = runProgram(process.execPath, words);
    expect(status, complaints).toBe(0);
    const service = { OPENAI_API_KEY: "none", OPENAI_BASE_URL: stub.openAiUrl };
    const outputs: string[] = [];
    for (const file of files) {
      const { stdout } = await promisify(execFile)(process.execPath, [file.replace(/ts$/, "js")], {
        cwd: folder,
        env: { ...process.env, ...service },
      });
      outputs.push(stdout);
    }
    expect(outputs[0]).toMatch(/^0\.9\d+ lora_finetuning_guide\.md/);
    expect(outputs[0]?.match(/^0\.\d+ /gm)).toHaveLength(5);
    expect(outputs[1]).toMatch(/rank: 1,\s+dense: \{ rank: 2, score: 0\.[56]\d+ \},/);
    expect(outputs[1]).toMatch(
      /lexical: \{ rank: 1, score: \d.*\},\s+fused: \{ rank: 1, score: 0\.03\d+,/,
    );
    expect(outputs[1]).toMatch(/ 3 │.*\nBm25Retriever \d+ in .* fusion 50 in .* rerank 50 in/);
    expect(outputs[2]).toBe(
      "Only two small matrices are trained [1], not all weights.\n[1] lora_finetuning_guide.md\n",
    );
    expect(stub.requests[0]?.messages.at(-1)?.content).toMatch(
      /^<passages>\n<passage number="1" source="lora_finetuning_guide\.md" heading="LoRA[^"]*">\n/,
    );
    expect(outputs[3]).toBe("It trains two small matrices.\n");
    expect(stub.requests[2]?.messages.at(-1)).toEqual({
      role: "tool",
      content: expect.stringMatching(
        /(?:<passage id="[0-9a-f]{8}" [^]*){4}<passage id="[0-9a-f]{8}" source="lora_finetuning_guide\.md"/,
      ),
    });
    expect(outputs[4]?.match(/^\w+\.md: /gm)).toHaveLength(3);
    expect(outputs[4]).toMatch(/^lora_finetuning_guide\.md: .*no\noptimizer state\./s);
  }, 300_000);
});
