import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { launch } from "puppeteer-core";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium } from "../evaluation/report/chromium.ts";
import { crossEncoderGolden, embeddingGolden, expand } from "../fixtures/golden.ts";
import { largestDifference } from "../embeddings/vectors.ts";

const root = join(import.meta.dirname, "../..");
const golden = crossEncoderGolden["tiny-bert-reranker"].pairs.slice(0, 40);
const [embedded] = embeddingGolden["tiny-bert-embedder"].texts;

/** What a page does with the package; the models come from the same server. */
const program = `
import { AutoModel, AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";
import { fromTransformers } from "${join(root, "dist/transformers/index.js")}";

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/test/fixtures/models/";
env.backends.onnx.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
const load = async (kind, name) => fromTransformers(
  await AutoTokenizer.from_pretrained(name),
  await kind.from_pretrained(name, { dtype: "fp32", device: "wasm" }),
);
globalThis.run = async (pairs, text) => {
  const scorer = (await load(AutoModelForSequenceClassification, "tiny-bert-reranker")).scorer();
  const scores = [];
  for (const [query, passage] of pairs) scores.push(...(await scorer.score(query, [passage])).scores);
  const embeddings = (await load(AutoModel, "tiny-bert-embedder")).embeddings({ pooling: "cls", maxTokens: 128 });
  return { scores, vector: await embeddings.embedQuery(text) };
};
`;

/** Bundles a module for browsers; what a browser lacks would stay an import, with a warning. */
async function bundle(
  code: string,
): Promise<{ code: string; imports: string[]; warned: string[] }> {
  const warned: string[] = [];
  const { output } = await build({
    input: "program",
    platform: "browser",
    cwd: root,
    write: false,
    onLog: (_level, { code: kind = "", message }) => {
      if (/UNRESOLVED|MISSING/.test(kind)) warned.push(message);
    },
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === "program" ? join(root, "program.js") : undefined),
        load: (id) => (id === join(root, "program.js") ? code : undefined),
      },
    ],
    output: { format: "esm", codeSplitting: false },
  });
  return { code: output[0].code, imports: output[0].imports, warned };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

let bundled = "";
const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const type = types[extname(path)] ?? "application/octet-stream";
  const content =
    path === "/page.html"
      ? Promise.resolve(
          '<link rel="icon" href="data:,"><script type="module" src="/program.js"></script>',
        )
      : path === "/program.js"
        ? Promise.resolve(bundled)
        : readFile(join(root, path));
  content.then(
    (body) => response.writeHead(200, { "content-type": type }).end(body),
    () => response.writeHead(404).end(),
  );
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void server.close());

test("the entry bundles for browsers, and leaves no import behind", async () => {
  const entry = join(root, "dist/transformers/index.js");
  const { code, imports, warned } = await bundle(`export * from ${JSON.stringify(entry)};`);
  expect([imports, warned]).toEqual([[], []]);
  expect(code).not.toMatch(/\bnode:|onnxruntime/);
});

test("a page in a browser scores and embeds as sentence-transformers does", async ({ skip }) => {
  const executablePath = findChromium();
  skip(executablePath === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  bundled = (await bundle(program)).code;
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const browser = await launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${port}/page.html`, { waitUntil: "load" });
    const pairs = golden.map(({ query, text }) => [expand(query), expand(text)]);
    const text = embedded === undefined ? "" : expand(embedded.text);
    const found: unknown = await page.evaluate(
      `run(${JSON.stringify(pairs)}, ${JSON.stringify(text)})`,
    );
    expect(errors).toEqual([]);
    const { scores, vector }: { scores: number[]; vector: number[] } = Object(found);
    const expected = golden.map(({ logits: [logit = Number.NaN] }) => logit);
    expect(largestDifference(expected, scores)).toBeLessThan(1e-4);
    expect(largestDifference(embedded?.vector ?? [], vector)).toBeLessThan(1e-4);
  } finally {
    await browser.close();
  }
});
