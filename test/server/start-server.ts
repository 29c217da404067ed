import { EventEmitter, once } from "node:events";
import { Document } from "@langchain/core/documents";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Compile } from "typebox/schema";
import { expect } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import {
  createServer,
  SearchIndex,
  type AccessRecord,
  type RerankServer,
  type RerankServerOptions,
} from "../../src/server/index.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";

export const query = "How does LoRA reduce memory?";

export const texts = [
  "The Loire is the longest river of France.",
  "LoRA trains two small matrices for each layer, so that the optimizer has little state.",
  "Memory is measured in gigabytes.",
  "A low-rank adapter keeps the weights of the model frozen.",
];

/** The small models, shared by all servers of a file. */
export function smallModels(): { scorer: OnnxCrossEncoder; embeddings: OnnxEmbeddings } {
  return {
    scorer: new OnnxCrossEncoder({ model: "rerank-minilm-l3" }),
    embeddings: new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" }),
  };
}

/** An index of the texts, in memory. */
export async function smallIndex({
  scorer,
  embeddings,
}: ReturnType<typeof smallModels>): Promise<SearchIndex> {
  const documents = texts.map(
    (pageContent, index) =>
      new Document({ pageContent, id: `t${index}`, metadata: { source: "texts.md", index } }),
  );
  const store = await MemoryVectorStore.fromDocuments(documents, embeddings);
  const lexical = await Bm25Retriever.fromDocuments(documents);
  return new SearchIndex({
    dense: new DenseRetriever({ store }),
    lexical: async () => lexical,
    reranker: new CrossEncoderReranker({ scorer }),
  });
}

/** A server on a free port, its models loaded. */
export interface StartedServer extends AsyncDisposable {
  readonly server: RerankServer;
  readonly url: string;
  readonly port: number;
  readonly log: AccessRecord[];
  readonly errors: unknown[];
  readonly post: (
    path: string,
    body: unknown,
    init?: Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<Response>;
}

export async function startServer(options: RerankServerOptions): Promise<StartedServer> {
  const log: AccessRecord[] = [];
  const errors: unknown[] = [];
  const server = createServer({
    onAccess: (record) => log.push(record),
    onError: (error) => errors.push(error),
    ...options,
  });
  const { url, port } = await server.listen({ port: 0 });
  await server.load();
  return {
    server,
    url,
    port,
    log,
    errors,
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...init.headers },
      }),
    [Symbol.asyncDispose]: () => server.close({ timeoutMs: 1000 }),
  };
}

/** The JSON of a response, after it was compared with the server's own OpenAPI document. */
export async function documented(
  { url }: Pick<StartedServer, "url">,
  response: Response,
  method: "get" | "post" = "post",
): Promise<unknown> {
  const { paths } = JSON.parse(await (await fetch(`${url}/openapi.json`)).text());
  const { pathname } = new URL(response.url);
  const described = paths[pathname]?.[method]?.responses[response.status];
  expect(described, `${method} ${pathname} ${response.status} is documented`).toBeDefined();
  const body: unknown = await response.json();
  const { schema } = described.content["application/json"];
  expect([pathname, response.status, Compile(schema).Errors(body)[1]]).toEqual([
    pathname,
    response.status,
    [],
  ]);
  return body;
}

/** A scorer like `inner` that waits for an event before it scores texts with this query. */
export function waitingScorer(
  inner: PairScorer,
  waits: string,
): {
  scorer: PairScorer;
  go: () => void;
  asked: Promise<unknown>;
} {
  const events = new EventEmitter();
  const gone = once(events, "go");
  const scorer: PairScorer = {
    name: "waiting",
    scale: "logit",
    async score(asked, given, options) {
      if (asked === waits) {
        events.emit("asked");
        await gone;
      }
      return inner.score(asked, given, options);
    },
  };
  return { scorer, go: () => events.emit("go"), asked: once(events, "asked") };
}
