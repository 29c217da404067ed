import { createServer as createHttpServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { untilDeadline } from "../abort.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions } from "../options.ts";
import { packageVersion } from "../package-version.ts";
import { Admission } from "./admission.ts";
import { isLoopback } from "./browser-guard.ts";
import { createApp } from "./create-app.ts";
import { completeLimits } from "./limits.ts";
import { loadModels } from "./load-models.ts";
import { ServerMetrics } from "./metrics.ts";
import { servedModel } from "./model-names.ts";
import type { ServerEnv } from "./server-env.ts";
import {
  closeOptionRules,
  listenOptionRules,
  requireServerOptions,
  type CloseOptions,
  type ListenOptions,
  type RerankServerOptions,
} from "./server-options.ts";
import type { ServerState, Service } from "./service.ts";

/** Where a server can be reached. */
export interface ServerAddress {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
}

/** A rerank server: an HTTP interface before one scorer, one embedding model and one index. */
export class RerankServer {
  readonly #service: Service;
  readonly #admission: Admission;
  readonly #app: Hono<ServerEnv>;
  readonly #hasKeys: boolean;
  readonly #allowNoKey: boolean;
  #state: ServerState = "starting";
  #http: Server | undefined;
  #loading: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RerankServerOptions) {
    const given = requireServerOptions(options);
    const { embeddings, index, apiKeys = [], modelAliases = [], allowNoKey = false } = given;
    const scorer = given.scorer ?? index?.reranker.scorer;
    const limits = completeLimits(given.limits);
    const metrics = new ServerMetrics();
    this.#admission = new Admission(limits, metrics);
    this.#hasKeys = apiKeys.length > 0;
    this.#allowNoKey = allowNoKey;
    this.#service = {
      reranker: scorer && { scorer, facts: undefined, ...servedModel(scorer.name, modelAliases) },
      embedder: embeddings && {
        embeddings,
        facts: undefined,
        ...servedModel(embeddings.model, modelAliases),
      },
      index,
      limits,
      metrics,
      version: packageVersion,
      state: () => this.#state,
    };
    this.#app = createApp(this.#service, {
      ...given,
      admission: this.#admission,
      isLocal: () => this.#http !== undefined && !this.#hasKeys && !allowNoKey,
    });
  }

  /** Whether requests are answered, or will be. */
  get state(): ServerState {
    return this.#state;
  }

  /**
   * Answers one request; a function of its own, so that it can be mounted in any server of the Fetch API. Starts to load
   * the models if nobody has.
   */
  readonly fetch = async (request: Request): Promise<Response> => {
    this.load().catch(() => undefined); // The state says so, and `load` rejects.
    return this.#app.fetch(request);
  };

  /** Resolves when the models are loaded; until then, requests that need them get status 503. */
  async load(): Promise<void> {
    return (this.#loading ??= this.#load());
  }

  /**
   * Listens for requests, and starts to load the models.
   *
   * @throws `invalid-option` if other machines could reach a server without keys, and `allowNoKey` is not set;
   * `server-unreachable` if the address is in use or not of this machine
   */
  async listen(options: ListenOptions = {}): Promise<ServerAddress> {
    const { port = 8787, host = "127.0.0.1" } = requireOptions(
      "listen",
      options,
      listenOptionRules,
    );
    if (!isLoopback(host) && !this.#hasKeys && !this.#allowNoKey) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`apiKeys\` for a server that other machines can reach at \`host\` ${host}, got none: set keys, or set \`allowNoKey\` as well if everybody there may use it.`,
      );
    }
    if (this.#http || this.#state === "closed") {
      throw new RetrievalError(
        "invalid-input",
        "Expected `listen` to be called once, got another call.",
      );
    }
    const { receiveMs } = this.#service.limits;
    const http = createHttpServer(
      {
        headersTimeout: receiveMs,
        requestTimeout: receiveMs,
        connectionsCheckingInterval: Math.min(receiveMs, 5000),
        maxHeaderSize: 16 * 2 ** 10,
      },
      // HTTP/1.0, which some health checks speak, needs no header `Host`.
      getRequestListener(this.fetch, { overrideGlobalObjects: false, hostname: "localhost" }),
    );
    this.#http = http;
    await listening(http, port, host);
    this.load().catch(() => undefined);
    const address = http.address();
    const bound = typeof address === "object" && address !== null ? address.port : port;
    const shown = host.includes(":") ? `[${host}]` : host;
    return { url: `http://${shown}:${bound}`, port: bound };
  }

  /**
   * Stops: takes no further request, answers those it has taken, and closes their connections. The scorer and the other
   * parts stay usable; their creator disposes of them.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { timeoutMs = 10_000 } = requireOptions("close", options, closeOptionRules);
    return (this.#closing ??= this.#close(timeoutMs));
  }

  /** Calls `close` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(): Promise<void> {
    try {
      await loadModels(this.#service);
      if (this.#state === "starting") this.#state = "ready";
    } catch (error) {
      if (this.#state === "starting") this.#state = "failed";
      throw error;
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#state = "draining";
    const http = this.#http;
    if (http) {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      const sweep = setInterval(() => http.closeIdleConnections(), 50);
      await untilDeadline(closed, timeoutMs);
      this.#admission.stop();
      await untilDeadline(closed, 1000);
      clearInterval(sweep);
      http.closeAllConnections();
      await closed;
    }
    this.#state = "closed";
    this.#service.metrics.dispose();
  }
}

/**
 * Creates a server for these parts. It owns none of them.
 *
 * @example
 * ```ts
 * import { OnnxCrossEncoder } from "langchain-rerank";
 * import { createServer } from "langchain-rerank/server";
 *
 * await using scorer = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large" });
 * await using server = createServer({ scorer });
 * const { url } = await server.listen({ port: 0 });
 * await server.load();
 * const response = await fetch(`${url}/rerank`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ query: "What does LoRA train?", texts: ["Two small matrices."] }),
 * });
 * console.log(await response.json()); // [{ index: 0, score: … }]
 * ```
 */
export function createServer(options: RerankServerOptions): RerankServer {
  return new RerankServer(options);
}

async function listening(http: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once("error", (cause) => {
      reject(
        new RetrievalError(
          "server-unreachable",
          `Expected to listen on port ${port} of ${host}, got ${String(Reflect.get(cause, "code"))}: choose another \`port\` or \`host\`.`,
          { cause },
        ),
      );
    });
    http.listen(port, host, resolve);
  });
}
