import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { launch } from "puppeteer-core";
import { build } from "rolldown";
import { findChromium } from "../chromium.ts";
import { crossEncoderGolden, embeddingGolden, expand } from "../fixtures/golden.ts";
import { largestDifference } from "../embeddings/vectors.ts";

const root = join(import.meta.dirname, "../..");

/** The built entry, as programs import it. */
export const entry: string = join(root, "dist/transformers/index.js");

/** What a page does with the package; the models come from the same server. */
const program = `
import { AutoModel, AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";
import { fromTransformers } from ${JSON.stringify(entry)};

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/test/fixtures/models/";
env.backends.onnx.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
const load = async (kind, name, device) => fromTransformers(
  await AutoTokenizer.from_pretrained(name),
  await kind.from_pretrained(name, { dtype: "fp32", device }),
);
globalThis.hasGpu = async () => Boolean(await navigator.gpu?.requestAdapter());
globalThis.run = async (device, pairs, text) => {
  const scorer = (await load(AutoModelForSequenceClassification, "tiny-bert-reranker", device)).scorer();
  const scores = [];
  for (const [query, passage] of pairs) scores.push(...(await scorer.score(query, [passage])).scores);
  const texts = Array(50).fill("a river ".repeat(60));
  let turns = 0;
  const timer = setInterval(() => (turns += 1));
  await scorer.score("a river", texts);
  clearInterval(timer);
  const embeddings = (await load(AutoModel, "tiny-bert-embedder", device)).embeddings({ pooling: "cls", maxTokens: 128 });
  return { turns, scores, vector: await embeddings.embedQuery(text) };
};
`;

/** Bundles a module for browsers; what a browser lacks would stay an import, with a warning. */
export async function bundle(
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

/** WebGPU by a software adapter: no machine lacks it. */
const webGpuFlags = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
] as const;

/** How far a page's scores and its vector are from those of sentence-transformers. */
interface PageResult {
  readonly scoreError: number;
  readonly vectorError: number;
  /** How often a timer fired while the page scored 50 texts in one call. */
  readonly turns: number;
}

/** A page that has the package and transformers.js; its models come from the same server. */
export interface BrowserPage {
  hasGpu(): Promise<unknown>;
  /** Scores the first golden pairs and embeds the first golden text in the page. */
  run(device: "wasm" | "webgpu", pairCount: number): Promise<PageResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a page in Chromium; `undefined` if none is installed. */
export async function openPage(): Promise<BrowserPage | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const { code } = await bundle(program);
  const html = '<link rel="icon" href="data:,"><script type="module" src="/program.js"></script>';
  const server = await serve({ "/page.html": html, "/program.js": code });
  const browser = await launch({
    executablePath,
    // A container has neither the right to a sandbox nor much shared memory; the pages are our own.
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...webGpuFlags],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${Object(server.address()).port}/page.html`);
  return {
    hasGpu: () => page.evaluate("hasGpu()"),
    async run(device, pairCount) {
      const pairs = crossEncoderGolden["tiny-bert-reranker"].pairs.slice(0, pairCount);
      const [{ text, vector } = noVector] = embeddingGolden["tiny-bert-embedder"].texts;
      const given = [
        device,
        pairs.map((pair) => [expand(pair.query), expand(pair.text)]),
        expand(text),
      ].map((each) => JSON.stringify(each));
      const found: { turns: number; scores: number[]; vector: number[] } = Object(
        await page.evaluate(`run(${given.join(", ")})`),
      );
      const logits = pairs.map(({ logits: [logit = Number.NaN] }) => logit);
      return {
        scoreError: largestDifference(logits, found.scores),
        vectorError: largestDifference(vector, found.vector),
        turns: found.turns,
      };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close();
    },
  };
}

const noVector = { text: "", vector: [] };

/** Serves these texts, and the files of the repository. */
async function serve(texts: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const type = types[extname(pathname)] ?? "application/octet-stream";
    const content = texts[pathname] ?? readFile(join(root, pathname));
    Promise.resolve(content).then(
      (body) => response.writeHead(200, { "content-type": type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
