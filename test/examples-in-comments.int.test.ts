import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { withBundledModels } from "./stand-ins.ts";

const root = join(import.meta.dirname, "..");

/** The code of each `@example` in a doc comment, named by its file and the line where it begins. */
function examplesIn(path: string): { readonly name: string; readonly code: string }[] {
  const text = readFileSync(join(root, "src", path), "utf8");
  return [...text.matchAll(/^ *\* @example\n *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map(
    ({ 1: block = "", index }) => {
      const code = block.replaceAll(/^ *\* ?/gm, "");
      return { name: `${path}:${text.slice(0, index).split("\n").length}`, code };
    },
  );
}

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .toSorted();
const examples = sources.flatMap(examplesIn);

/** What each example prints, by the name of what it shows. */
const printed: Readonly<Record<string, RegExp>> = {
  "create-answer-chain": /^It trains two small matrices \[1\]\. lora_finetuning_guide\.md\n$/,
  "create-retrieval-tool": /(?:<passage id="[0-9a-f]{8}" [^]*){5}/,
  "cross-encoder-reranker": /^0\.\d+ LoRA trains two small matrices\.\n$/,
  "onnx-cross-encoder": /^Float32Array\(2\) \[ -\d+\.\d+, -?\d\.\d+ \]\n$/,
  "chat-list-reranker": /^\[ 1, 0 \] 1\n$/,
  "chat-pair-scorer": /^Float64Array\(2\) \[ 0, 0\.9 \]\n$/,
  "multi-vector-scorer": /^Float32Array\(2\) \[ \d\.\d+, \d\.\d+ \]\n$/,
  "remote-pair-scorer": /^-?\d+\.\d+ (?:rerank-minilm-l6|tei at localhost:8080)\n$/,
  "compressor-scorer": /^Float64Array\(2\) \[ 0\.0000\d+, 0\.\d+ \]\n$/,
  "cascade-scorer": /^-?\d+\.\d+ unlikely\n$/,
  "reranking-model": /^rerank-minilm-l6\n$/,
  "rerank-server": /^\[ \{ index: 0, score: 0\.\d+ \} \]\n$/,
  "onnx-embeddings": /^0\.[3-9]\d+\n$/,
  "evaluate-answers": /^1 1 1\n$/,
  experiment: /^(?:0\.[3-9]\d*|1)\n$/,
  "bm25-retriever": /^(?:\w+\.md \{ rank: \d+, score: \d+\.\d+ \}\n){10}$/,
  "hybrid-retriever": /dense: \{ rank: \d+.*lexical: \{ rank: \d+.*fused: \{ rank: 1/s,
  "from-transformers": /^0\.\d+ LoRA trains two small matrices\.\n$/,
  "index-folder": /^\d+ passages added, \d+ unchanged\n$/,
  "two-stage-retriever": /lora_finetuning_guide\.md.*candidates 20 in .* rerank 20 in/s,
  "dense-retriever": /^(?:\w+\.md \{ rank: \d+, score: 0\.\d+ \}\n){10}$/,
  "row-cost": /^100 candidates of 128 tokens take about \d+ ms\.\n$/,
  "saved-baseline": /^No significant drop of nDCG@10 on 2 questions \(bm25\)\.\n$/,
  "passage-text": /^LoRA > Memory\n\nIt trains two small matrices\.\n$/,
  "open-chroma": /^0\.\d+ LoRA trains two small matrices\.\n$/,
};

// Inside the package, where its own name leads to its build.
const folder = mkdtempSync(join(root, "test/examples-"));
cpSync(join(root, "sample_documents"), join(folder, "sample_documents"), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the examples in the doc comments", () => {
  const files = examples.map(({ name, code }, index) => {
    const file = join(folder, `example-${index}.ts`);
    writeFileSync(file, `// ${name}\n${withBundledModels(code)}`);
    return file;
  });

  test("stand at what people use first, and each has an expectation here", () => {
    const tags = sources.map((path) => readFileSync(join(root, "src", path), "utf8"));
    expect(tags.join("").match(/^ *\* @example\b/gm)).toHaveLength(examples.length);
    const names = examples.map(({ name }) => name.replace(/^.*\/|\.ts:\d+$/g, ""));
    expect(names.toSorted()).toEqual(Object.keys(printed).toSorted());
  });

  test("compile in strict mode", () => {
    const options =
      "--strict --skipLibCheck --ignoreConfig --types node --module nodenext --target es2023 --lib es2023,esnext.disposable";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const places = ["--rootDir", folder, "--outDir", folder];
    const words = [tsc, ...options.split(" "), ...places, ...files];
    const { status, stdout: complaints } = runProgram(process.execPath, words);
    expect(status, complaints).toBe(0);
  });

  test.each(examples.map(({ name }, index) => ({ name, index })))(
    "$name runs and prints what it promises",
    async ({ name, index }) => {
      const file = join(folder, `example-${index}.js`);
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
      const key = name.replace(/^.*\/|\.ts:\d+$/g, "");
      expect(stdout).toMatch(printed[key] ?? /^never$/);
    },
    300_000,
  );
});
