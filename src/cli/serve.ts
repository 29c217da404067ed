import { InvalidArgumentError, type Command } from "commander";
import { onAbort } from "../abort.ts";
import { messageOf, RetrievalError } from "../errors.ts";
import { MultiVectorScorer } from "../rerankers/multi-vector-scorer.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import type { AccessRecord } from "../server/access-log.ts";
import { createServer, type RerankServer } from "../server/rerank-server.ts";
import { readApiKeys } from "./api-keys.ts";
import { inCommandWords, withWords } from "./command-words.ts";
import { storeExists } from "./open-store.ts";
import {
  addPipelineOptions,
  defaultCollection,
  openModels,
  openPipeline,
  parseCount,
  type Models,
  type Pipeline,
  type PipelineOptions,
} from "./pipeline.ts";
import { nothingStored } from "./retrieval-options.ts";
import { endSoon, print, printAside, shown } from "./terminal.ts";

interface ServeOptions extends PipelineOptions {
  readonly host: string;
  readonly port: number;
  readonly search: boolean;
  readonly judgements?: string;
  readonly apiKeysFile?: string;
  readonly allowNoKey?: boolean;
  readonly modelAlias?: readonly string[];
  readonly maxBody?: number;
  readonly maxDocuments?: number;
  readonly maxCharacters?: number;
  readonly maxRequests?: number;
  readonly answerTimeout?: number;
  readonly receiveTimeout?: number;
  readonly shutdownTimeout: number;
  readonly quiet?: boolean;
}

/** The models of a server, and the index that it searches. */
interface Served extends Models, AsyncDisposable {
  readonly index: SearchIndex | undefined;
  /** Says that the collection is empty, as it is if its name is misspelt. */
  readonly warnIfEmpty: (signal: AbortSignal) => Promise<void>;
  /** Compares tokens in the explorer; loads its model when it is first asked. */
  readonly tokenScorer: MultiVectorScorer | undefined;
}

export function addServeCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("serve")
    .description("serve reranking, embeddings and search over HTTP")
    .option("--host <name>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes a free one", parsePort, 8787)
    .option(
      "--judgements <folder>",
      "where the explorer saves queries.jsonl and qrels.tsv: the folder of the documents",
    )
    .option("--no-search", "serve the models alone, without an index")
    .option(
      "--api-keys-file <file>",
      "file with one API key in each line; LANGCHAIN_RERANK_API_KEYS can hold keys, too",
    )
    .option("--allow-no-key", "let everybody who reaches --host use the server without a key")
    .option(
      "--model-alias <names>",
      "further names for the models in requests, separated by commas",
      parseAliases,
    )
    .option("--max-body <bytes>", "bytes of a request (default: 8388608)", parseCount)
    .option("--max-documents <count>", "texts of a request (default: 1000)", parseCount)
    .option("--max-characters <count>", "characters of a text (default: 100000)", parseCount)
    .option("--max-requests <count>", "requests answered at once (default: 64)", parseCount)
    .option(
      "--answer-timeout <seconds>",
      "time limit for the answer to a request (default: 60)",
      parseCount,
    )
    .option(
      "--receive-timeout <seconds>",
      "time limit to receive a request (default: 30)",
      parseCount,
    )
    .option("--shutdown-timeout <seconds>", "time to answer requests when stopped", parseCount, 10)
    .option("--quiet", "write no access log");
  addPipelineOptions(command, defaultCollection).action((options: ServeOptions) => {
    const isStoreNamed = command.getOptionValueSource("store") === "cli";
    return serve(options, isStoreNamed, signal).finally(endSoon);
  });
}

async function serve(
  options: ServeOptions,
  isStoreNamed: boolean,
  signal: AbortSignal,
): Promise<void> {
  outliveLogs();
  const apiKeys = await readApiKeys(options.apiKeysFile);
  await using served = await openServed(options, isStoreNamed);
  const { host, port, allowNoKey, modelAlias, quiet, shutdownTimeout } = options;
  await using server = await withWords(serveWords, () =>
    createServer({
      scorer: served.reranker.scorer,
      embeddings: served.embeddings,
      index: served.index,
      explorer: served.index && {
        judgements: options.judgements,
        tokenScorer: served.tokenScorer,
      },
      apiKeys,
      allowNoKey,
      modelAliases: modelAlias,
      limits: {
        bodyBytes: options.maxBody,
        documents: options.maxDocuments,
        characters: options.maxCharacters,
        requests: options.maxRequests,
        answerMs: milliseconds(options.answerTimeout),
        receiveMs: milliseconds(options.receiveTimeout),
      },
      onAccess: quiet === true ? undefined : printAccess,
      onError: (error, { id, route }) =>
        printAside(shown`error: ${id} ${route}: ${inCommandWords(messageOf(error))}`),
    }),
  );
  const { url } = await withWords(serveWords, () => server.listen({ host, port }));
  sayHowToTry(url, apiKeys.length > 0);
  if (served.index) printAside(shown`Explorer: open ${url} in a browser. MCP: ${url}/mcp.`);
  const loaded = server.load().then(() => printAside(shown`The models are loaded.`));
  const stopped = untilStopped(signal);
  const warned = loaded.then(() => served.warnIfEmpty(signal));
  await Promise.race([warned.then(() => stopped), stopped]);
  await stop(server, shutdownTimeout * 1000);
}

/** Goes on if the log cannot be written, because its disk is full or its reader has gone. */
function outliveLogs(): void {
  process.stdout.once("error", (error) =>
    printAside(shown`The access log cannot be written: ${messageOf(error)}`),
  );
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/** Resolves when the program is asked to stop. */
async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    onAbort(signal, resolve);
  });
}

async function stop(server: RerankServer, timeoutMs: number): Promise<void> {
  printAside(shown`Stopping: answering the requests that were accepted.`);
  await server.close({ timeoutMs });
}

/** What errors of the server call its options. */
const serveWords = {
  apiKeys: "LANGCHAIN_RERANK_API_KEYS or --api-keys-file",
  allowNoKey: "--allow-no-key",
  judgements: "--judgements",
  host: "--host",
  port: "--port",
  "limits.bodyBytes": "--max-body",
  "limits.documents": "--max-documents",
  "limits.characters": "--max-characters",
  "limits.requests": "--max-requests",
  "limits.answerMs": "--answer-timeout in milliseconds",
  "limits.receiveMs": "--receive-timeout in milliseconds",
};

async function openServed(options: ServeOptions, isStoreNamed: boolean): Promise<Served> {
  if (options.store === "memory") {
    throw new RetrievalError(
      "invalid-option",
      "Expected --store to be a folder or the URL of a Chroma server, got memory: it would be empty.",
    );
  }
  const isSearched = options.search && (isStoreNamed || storeExists(options.store));
  if (isSearched) {
    const pipeline = await openPipeline(options, { store: "existing" });
    const { model, device } = options;
    const tokenScorer = new MultiVectorScorer({ model, device });
    return {
      ...pipeline,
      index: pipeline.searchIndex,
      warnIfEmpty: (signal) => warnIfEmpty(options, pipeline, signal),
      tokenScorer,
      async [Symbol.asyncDispose]() {
        await Promise.all([tokenScorer.dispose(), pipeline[Symbol.asyncDispose]()]);
      },
    };
  }
  if (options.judgements !== undefined) {
    throw new RetrievalError(
      "invalid-option",
      `Expected an index for --judgements, got ${options.search ? `none in ${options.store}` : "--no-search"}: run \`npx langchain-rerank index <folder>\` first, or leave out --judgements.`,
    );
  }
  if (options.search) {
    printAside(
      shown`No index in ${options.store}: /search, the explorer and MCP answer 404. To search documents, run \`npx langchain-rerank index <folder>\`, then start serve again.`,
    );
  }
  const models = await openModels(options);
  return {
    ...models,
    index: undefined,
    warnIfEmpty: async () => undefined,
    tokenScorer: undefined,
    async [Symbol.asyncDispose]() {
      await Promise.all([models.embeddings.dispose(), models.reranker.dispose()]);
    },
  };
}

async function warnIfEmpty(
  options: ServeOptions,
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<void> {
  const probe = { k: 1, candidateCount: 1, rerank: false, signal };
  try {
    const { candidates } = await pipeline.searchIndex.search("passage", probe);
    if (candidates.length > 0) return;
    const { message } = await nothingStored(options, pipeline);
    if (!signal.aborted) printAside(shown`warning: ${message}`);
  } catch (error) {
    if (!signal.aborted) printAside(shown`warning: ${messageOf(error)}`);
  }
}

function sayHowToTry(url: string, hasKeys: boolean): void {
  const key = hasKeys ? ' -H "Authorization: Bearer $KEY"' : "";
  printAside(
    shown`Listening on ${url}; try: curl ${quoted(`${url}/rerank`)} -H "Content-Type: application/json"${key} -d '{"query": "What is LoRA?", "texts": ["Two small matrices.", "A river."]}'`,
  );
}

/** A shell would take the brackets of an IPv6 address for a pattern. */
function quoted(url: string): string {
  return url.includes("[") ? `'${url}'` : url;
}

/** One line of JSON. */
function printAccess(record: AccessRecord): void {
  print(shown`${JSON.stringify(record)}`);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("Expected a whole number from 0 to 65535.");
}

function parseAliases(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("Expected names separated by commas.");
}
