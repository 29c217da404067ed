import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { temporaryFolder } from "./vector-store/temporary-folder.ts";

const root = join(import.meta.dirname, "..");
const manifest: { exports: Record<string, unknown>; files: string[] } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

/** What a program can import, entry by entry: adding a name is a decision, so it is made here too. */
const surface: Readonly<Record<string, readonly string[]>> = {
  ".": [
    "Bm25Retriever",
    "CancellableCompressor",
    "CorpusSource",
    "CrossEncoderReranker",
    "DenseRetriever",
    "HybridRetriever",
    "OnnxCrossEncoder",
    "OnnxEmbeddings",
    "RedundancyFilter",
    "RetrievalError",
    "SentenceCompressor",
    "TwoStageRetriever",
    "createAnswerChain",
    "createRetrievalTool",
    "expectedMilliseconds",
    "indexFolder",
    "loadFolder",
    "openChroma",
    "passageText",
    "reciprocalRankFusion",
    "renderTrace",
    "splitPassages",
    "weightedScoreFusion",
  ],
  "./lexical": ["Bm25Index", "Bm25Retriever", "bm25Variants", "createAnalyzer"],
  "./fusion": ["reciprocalRankFusion", "weightedScoreFusion"],
  "./rerankers": [
    "CascadeScorer",
    "ChatListReranker",
    "ChatPairScorer",
    "CompressorScorer",
    "MultiVectorScorer",
    "RemotePairScorer",
    "rerankingModel",
  ],
  "./evaluation": [
    "averagePrecision",
    "bakeOff",
    "bootstrapInterval",
    "chooseConfiguration",
    "collectBakeOff",
    "collectPools",
    "compareChallengers",
    "compareMeasure",
    "compareSystems",
    "compareToBaseline",
    "diagnose",
    "evaluate",
    "evaluateAnswers",
    "experiment",
    "fitCalibration",
    "fitFusion",
    "generateQuestions",
    "judged",
    "judgementsFrom",
    "loadBeir",
    "measureReliability",
    "nDCG",
    "parseMeasure",
    "precision",
    "readBaseline",
    "readCalibration",
    "readConfiguration",
    "readFusion",
    "readJudgements",
    "readRun",
    "recall",
    "reciprocalRank",
    "renderBakeOff",
    "renderReport",
    "runFrom",
    "success",
    "sweep",
    "writeBaseline",
    "writeConfiguration",
    "writeFusion",
    "writeJudgements",
    "writeRun",
  ],
  "./transformers": ["fromTransformers"],
  "./server": ["RerankServer", "SearchIndex", "createMcpServer", "createServer", "mcpHandler"],
  "./testing": ["candidateSourceContract", "listRerankerContract", "pairScorerContract"],
};

const entries = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");

/** Runs a module script with the package as a program would have it, and gives what it prints. */
function run(script: string): string {
  const words = ["--input-type=module", "-e", script];
  const { status, stdout, stderr } = runProgram(process.execPath, words, { cwd: root });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

/** What npm prints. */
function npm(...words: readonly string[]): string {
  const { status, stdout, stderr } = runProgram("npm", words, { cwd: root });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The files that `npm pack --json` lists. */
function pathsIn(json: string): string[] {
  const [packed]: [{ files: { path: string }[] }] = JSON.parse(json);
  return packed.files.map(({ path }) => path);
}

test("every entry gives exactly the names that are listed", () => {
  expect(entries).toEqual(Object.keys(surface));
  for (const entry of entries) {
    const specifier = `langchain-rerank${entry.slice(1)}`;
    const names = run(
      `console.log(Object.keys(await import(${JSON.stringify(specifier)})).join())`,
    );
    expect(new Set(names.split(","))).toEqual(new Set(surface[entry]));
    // Evaluation is a library of its own.
    expect(names.split(",").length).toBeLessThan(entry === "./evaluation" ? 50 : 25);
  }
});

test("the types of langchain-rerank/server need no MCP SDK, which is optional", () => {
  const reached = new Set([join(root, "dist/server/index.d.ts")]);
  for (const file of reached) {
    const text = readFileSync(file, "utf8");
    expect(/["']@modelcontextprotocol\//.test(text), file).toBe(false);
    for (const [, path = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)\.[tj]s"/g)) {
      reached.add(join(dirname(file), `${path}.d.ts`));
    }
  }
  expect(reached.size).toBeGreaterThan(10);
});

test("importing the package loads no native library", () => {
  const libraries = run(`
    await import("langchain-rerank");
    await import("langchain-rerank/transformers");
    await import("langchain-rerank/server");
    console.log(process.report.getReport().sharedObjects.filter((path) => /onnx|chroma/.test(path)).length);
  `);
  expect(libraries).toBe("0");
});

test("the tarball brings the built code, the guides and the sample documents, but no models and no tests", () => {
  const paths = pathsIn(npm("pack", "--dry-run", "--json"));
  const folders = new Set(paths.map((path) => path.split("/")[0]));
  expect(folders).toEqual(
    new Set([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist",
      "docs",
      "examples",
      "explorer",
      "package.json",
      "sample_documents",
    ]),
  );
  expect(paths).toContain("dist/cli/main.js");
  expect(paths).toContain("docs/getting-started.md");
  expect(paths).toContain("explorer/index.html");
  expect(paths).toContain("dist/model/workers/inference-worker.js");
  expect(paths).toContain("sample_documents/lora_finetuning_guide.md");
});

test("the tarball of a clone without a build brings the built code", async () => {
  const clone = await temporaryFolder();
  for (const name of ["package.json", ".npmrc", "tsconfig.json", "src"]) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction");
  const words = ["run", "--silent", "tarball", "--", "--dry-run", "--json"];
  const { status, stdout, stderr } = runProgram("npm", words, { cwd: clone, limitMs: 300_000 });
  expect(status, stderr).toBe(0);
  expect(pathsIn(stdout)).toContain("dist/cli/main.js");
}, 320_000);

test("every relative link of a packed text leads to a packed file or folder", () => {
  const paths = pathsIn(npm("pack", "--dry-run", "--json"));
  const isPacked = (target: string): boolean =>
    paths.some((path) => path === target || path.startsWith(`${target}/`));
  const texts = paths.filter((path) => /^[^/]*\.md$|^docs\/.*\.md$/.test(path));
  expect(texts).toEqual(expect.arrayContaining(["README.md", "docs/options.md"]));
  const dead = texts.flatMap((path) => {
    const links = readFileSync(join(root, path), "utf8").matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g);
    const targets = Array.from(links, ([, link = ""]) => posix.join(posix.dirname(path), link));
    return targets.filter((target) => !isPacked(target)).map((target) => `${path}: ${target}`);
  });
  expect(dead).toEqual([]);
});

/** Licences that let anyone use a package in a program of any licence. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "(MIT OR CC0-1.0)",
  "Unlicense",
]);

test("everything that is installed with the package has a permissive licence", () => {
  const bill: {
    components: { name: string; licenses?: { license?: { id?: string }; expression?: string }[] }[];
  } = JSON.parse(npm("sbom", "--omit", "dev", "--sbom-format", "cyclonedx"));
  expect(bill.components.length).toBeGreaterThan(50);
  const others = bill.components.filter(
    ({ licenses = [] }) =>
      licenses.length === 0 ||
      !licenses.every(({ license, expression }) => permissive.has(license?.id ?? expression ?? "")),
  );
  expect(others).toEqual([]);
});

/** How a program of this text ends, and what it prints. */
function endOf(script: string): unknown[] {
  const words = ["--input-type=module", "--eval", script];
  const { status, signal, stdout } = runProgram(process.execPath, words);
  return [status, signal, stdout];
}

test("a program that imports it ends as it would without it", () => {
  const built = new URL("../dist/index.js", import.meta.url).href;
  for (const script of [
    "await new Promise(() => undefined);",
    "console.log(process.eventNames().join());",
    'process.kill(process.pid, "SIGTERM"); setTimeout(() => undefined, 1000);',
  ]) {
    expect(endOf(`import ${JSON.stringify(built)};${script}`)).toEqual(endOf(script));
  }
});
