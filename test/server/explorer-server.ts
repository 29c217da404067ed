import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { MultiVectorScorer } from "../../src/rerankers/multi-vector-scorer.ts";
import { indexFolder } from "../../src/retrieval/index-folder.ts";
import { SearchIndex } from "../../src/retrieval/search-index.ts";
import type { ExplorerOptions } from "../../src/server/explorer/explorer-options.ts";
import { explorerApi, explorerPage } from "../../src/server/explorer/explorer-routes.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";

const root = join(import.meta.dirname, "../..");

/** An index of a folder of its own, with real models and a real Chroma server. */
export interface IndexedFolder extends AsyncDisposable {
  /** The indexed documents, without judgements. */
  readonly folder: string;
  readonly index: SearchIndex;
  readonly lexical: Bm25Retriever;
  readonly tokenScorer: MultiVectorScorer;
  readonly second: CrossEncoderReranker;
}

/** Indexes the sample documents and `files`, or `files` alone. */
export async function indexedFolder(
  files: Readonly<Record<string, string>> = {},
  { withSamples = true }: { readonly withSamples?: boolean } = {},
): Promise<IndexedFolder> {
  const base = await mkdtemp(join(tmpdir(), "explorer-"));
  const folder = join(base, "documents");
  const samples = join(root, "sample_documents");
  const names = withSamples ? await readdir(samples) : [];
  await cp(samples, folder, {
    recursive: true,
    filter: (path) => path === samples || (names.length > 0 && path.endsWith(".md")),
  });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const embeddings = new OnnxEmbeddings({ model: join(root, "models/all-MiniLM-L6-v2") });
  const store = await openChroma(embeddings, {
    collectionName: "documents",
    path: join(base, "chroma"),
  });
  const lexical = new Bm25Retriever();
  if (withSamples || Object.keys(files).length > 0) await indexFolder(folder, { store, lexical });
  const reranker = new CrossEncoderReranker({ model: join(root, "models/rerank-minilm-l6") });
  const second = new CrossEncoderReranker({ model: join(root, "models/rerank-minilm-l3") });
  const tokenScorer = new MultiVectorScorer({ model: join(root, "models/all-MiniLM-L6-v2") });
  const dense = new DenseRetriever({ store });
  return {
    folder,
    index: new SearchIndex({
      dense,
      lexical: async () => lexical,
      reranker,
      passages: (ids) => store.storedDocuments(ids),
    }),
    lexical,
    tokenScorer,
    second,
    async [Symbol.asyncDispose]() {
      const models = [embeddings, reranker, second, tokenScorer];
      await Promise.all(models.map((each) => each.dispose()));
      await store.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** A server of the explorer on a free port. */
export interface ExplorerServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves the explorer alone, as an app on which it is mounted does; with `key`, its API needs the key that it returns. */
export async function serveExplorer(
  options: ExplorerOptions,
  { key = () => undefined }: { readonly key?: () => string | undefined } = {},
): Promise<ExplorerServer> {
  const app = new Hono();
  app.use("/explorer/api/*", async (c, next) => {
    const needed = key();
    if (needed === undefined || c.req.header("Authorization") === `Bearer ${needed}`) return next();
    return c.json({ error: { message: "Expected an API key." } }, 401);
  });
  return serveApp(app.route("/", explorerPage()).route("/", explorerApi(options)));
}

export async function serveApp(app: Hono): Promise<ExplorerServer> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      resolve({
        url: `http://127.0.0.1:${port}/`,
        [Symbol.asyncDispose]: () => new Promise<void>((done) => void server.close(() => done())),
      });
    });
  });
}
