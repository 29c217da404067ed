import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const source = join(import.meta.dirname, "../src");

/** Every folder of src/, lowest first: a folder may import its own files and those of the lines above its own. */
const layers = [
  ["errors.ts", "abort.ts", "breather.ts", "package-version.ts"],
  ["write-failure.ts", "options.ts"],
  ["option-rules.ts", "make-folder.ts"],
  ["whole-file.ts", "file-lock.ts", "private-files.ts", "text", "ranking"],
  ["checked-files"],
  ["documents", "chat-models"],
  ["model"],
  [
    "cross-encoder",
    "rerankers",
    "embeddings",
    "transformers",
    "lexical",
    "fusion",
    "vector-store",
    "evaluation",
  ],
  ["retrieval"],
  ["answering"],
  ["mcp"],
  ["server"],
  ["cli", "testing"],
  ["index.ts"],
];

/** The rooms of folders that have some, lowest first; the same rule holds among them. */
const rooms: Readonly<Record<string, readonly (readonly string[])[]>> = {
  model: [["tokens"], ["files"], ["workers"], ["queue"], ["onnx-model.ts"], ["model-lease.ts"]],
  evaluation: [
    ["data", "saved-value.ts"],
    ["measures"],
    ["evaluate.ts"],
    ["comparison", "experiment"],
    ["sweep", "calibration", "answers"],
    ["fitting"],
    ["gate", "diagnosis"],
    ["bake-off"],
    ["report", "generated-questions"],
    ["baseline"],
    ["generate-questions.ts"],
    ["index.ts"],
  ],
};

/** Which packages a folder may import, beside Node's own modules. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "chat-models": ["@langchain/core"],
  documents: [
    "@langchain/core",
    "@langchain/textsplitters",
    "github-slugger",
    "iconv-lite",
    "ignore",
    "mdast-util-from-markdown",
    "mdast-util-to-string",
  ],
  "options.ts": ["leven"],
  model: ["onnxruntime-node", "@huggingface/jinja", "@huggingface/tokenizers", "lru-cache"],
  embeddings: ["@langchain/core"],
  transformers: ["@langchain/core"],
  "cross-encoder": ["@langchain/core", "lru-cache", "simple-statistics"],
  rerankers: ["@langchain/core"],
  lexical: ["@langchain/core", "@orama/stemmers", "@orama/stopwords", "stemmer"],
  "vector-store": ["@langchain/core", "@langchain/community", "chromadb", "get-port"],
  retrieval: ["@langchain/core", "cli-table3"],
  answering: ["@langchain/core"],
  mcp: ["@langchain/core", "@modelcontextprotocol/sdk", "typebox"],
  server: ["@hono/node-server", "@langchain/core", "hono", "prom-client", "typebox"],
  cli: [
    "@langchain/core",
    "@langchain/classic",
    "cli-progress",
    "cli-table3",
    "commander",
    "langchain",
    "picocolors",
    "string-width",
  ],
  evaluation: [
    "@langchain/core",
    "@observablehq/plot",
    "linkedom",
    "pure-rand",
    "simple-statistics",
  ],
  testing: ["@langchain/core"],
};

const folderOf = (path: string): string => path.split("/")[0] ?? "";
const layerOf = (path: string): number =>
  layers.findIndex((names) => names.includes(folderOf(path)));
const roomOf = (path: string): string => path.split("/")[1] ?? "";
const floorOf = (path: string): number =>
  (rooms[folderOf(path)] ?? []).findIndex((names) => names.includes(roomOf(path)));
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".ts"),
);

/** The code of a file; examples in comments import the package by its name, and print. */
function codeOf(file: string): string {
  const text = readFileSync(join(source, file), "utf8");
  return text.replaceAll(/^ *\/\*\*[^]*?\*\//gm, "");
}

/** The packages and Node modules that a file imports, and the paths of its other imports. */
function importsOf(file: string): { readonly specifiers: string[]; readonly imported: string[] } {
  const specifiers = [...codeOf(file).matchAll(/(?:from |import\()"([^"\n]+)"/g)].map(
    ([, name = ""]) => name,
  );
  const imported = specifiers
    .filter((name) => name.startsWith("."))
    .map((name) => relative(source, join(source, dirname(file), name)));
  return { specifiers, imported };
}

const page = join(source, "../explorer");

test.each(readdirSync(page).filter((name) => name.endsWith(".js")))(
  "explorer/%s prints nothing, is short, and imports its own files and Preact only",
  (name) => {
    const text = readFileSync(join(page, name), "utf8");
    expect(text.split("\n").length).toBeLessThanOrEqual(300);
    expect(text).not.toMatch(/\bconsole\.|innerHTML/);
    const specifiers = [...text.matchAll(/^import .*?from "([^"]+)"/gms)].map(
      ([, each = ""]) => each,
    );
    const foreign = specifiers.filter(
      (each) => !/^(?:\.\/[\w-]+\.js|preact(?:\/hooks)?|htm)$/.test(each),
    );
    expect(foreign).toEqual([]);
  },
);

test("no file imports itself through others, not even for a type", () => {
  const left = new Map(files.map((file) => [file, importsOf(file).imported]));
  let before: number;
  do {
    before = left.size;
    for (const [file, imported] of left) {
      if (!imported.some((path) => left.has(path))) left.delete(file);
    }
  } while (left.size < before);
  // What is left imports only what is left.
  expect([...left.keys()]).toEqual([]);
});

test("transformers/ needs only what a browser has", () => {
  const reached = new Set(["transformers/index.ts"]);
  for (const file of reached) for (const path of importsOf(file).imported) reached.add(path);
  const needed = [...reached].flatMap((file) =>
    importsOf(file)
      .specifiers.filter((name) => isBuiltin(name) || /^(?:onnxruntime|@huggingface)/.test(name))
      .map((name) => `${file} needs ${name}`),
  );
  expect(reached.size).toBeGreaterThan(10);
  expect(needed).toEqual([]);
});

describe.each(files)("src/%s", (file) => {
  const text = readFileSync(join(source, file), "utf8");
  const code = codeOf(file);
  const { specifiers, imported } = importsOf(file);

  test("imports downwards only", () => {
    const wrong = imported.filter(
      (path) => folderOf(path) !== folderOf(file) && layerOf(path) >= layerOf(file),
    );
    expect(layerOf(file)).toBeGreaterThanOrEqual(0);
    expect(wrong).toEqual([]);
  });

  test.runIf(folderOf(file) in rooms)(
    "imports downwards only among the rooms of its folder",
    () => {
      const wrong = imported
        .filter((path) => folderOf(path) === folderOf(file) && roomOf(path) !== roomOf(file))
        .filter((path) => floorOf(path) >= floorOf(file));
      expect(floorOf(file)).toBeGreaterThanOrEqual(0);
      expect(wrong).toEqual([]);
    },
  );

  test("imports only the packages of its folder", () => {
    const allowed = packages[folderOf(file)] ?? [];
    const wrong = specifiers
      .filter((name) => !name.startsWith(".") && !isBuiltin(name))
      .filter((name) => !allowed.some((known) => name === known || name.startsWith(`${known}/`)));
    expect(wrong).toEqual([]);
  });

  test("prints only in the one place that makes texts printable", () => {
    // The keeper of a Chroma server has no terminal: it writes into the server's log.
    const mayPrint = ["cli/terminal.ts", "vector-store/chroma-keeper.ts"];
    const prints = /\bconsole\.|\bstd(?:out|err)\.write\b/.test(code);
    expect(prints && !mayPrint.includes(file)).toBe(false);
  });

  test("is short enough to read at one sitting", () => {
    expect(text.split("\n").length).toBeLessThanOrEqual(300);
  });
});
