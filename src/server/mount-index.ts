import type { Context, Hono, MiddlewareHandler } from "hono";
import { scoredPairs, type ScoredPairs } from "../documents/scored-pairs.ts";
import { mcpHandler } from "../mcp/mcp-handler.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import { requireReady, type Admission } from "./admission.ts";
import { explorerApi } from "./explorer/explorer-routes.ts";
import { readBody } from "./read-body.ts";
import { RequestError } from "./request-error.ts";
import type { ServerEnv } from "./server-env.ts";
import type { RerankServerOptions } from "./server-options.ts";
import type { Service } from "./service.ts";

/** Where MCP clients reach a server with an index. */
export const mcpPath = "/mcp";

/** Mounts what searches the index beside `/search`: the requests of the explorer's page, and MCP. */
export function mountIndex(
  app: Hono<ServerEnv>,
  index: SearchIndex,
  {
    service,
    admission,
    explorer,
    onError,
  }: Pick<RerankServerOptions, "explorer" | "onError"> & {
    readonly service: Service;
    readonly admission: Admission;
  },
): void {
  const { limits, reranker } = service;
  const count = (context: Context<ServerEnv>, scored: ScoredPairs): void => {
    context.set("pairs", (context.get("pairs") ?? 0) + scored.pairs);
    service.metrics.scored(scored);
  };
  const admit: MiddlewareHandler<ServerEnv> = async (context, next) => {
    requireReady(service.state());
    const { signal: client } = context.req.raw;
    if (!["GET", "HEAD"].includes(context.req.method)) {
      context.req.raw = withBody(
        context.req.raw,
        await readBody(context.req.raw, limits.bodyBytes),
      );
    }
    await admission.run(client, async (signal) => {
      context.set("signal", signal);
      await next();
    });
    const trace = context.get("trace");
    if (trace) count(context, scoredPairs(trace));
  };
  app.use("/explorer/api/*", admit);
  app.route("/", explorerApi({ ...explorer, index, mostCandidates: limits.documents }));
  app.all(mcpPath, async (context) => {
    requireReady(service.state());
    const answer = mcpHandler({
      index,
      scorer: reranker?.scorer,
      limits: { documents: limits.documents, characters: limits.characters },
      onScored: (scored) => count(context, scored),
      onFailure: (error) => onError?.(error, { id: context.get("id"), route: mcpPath }),
    });
    const { method, signal: client } = context.req.raw;
    if (method !== "POST") return answer(context.req.raw);
    const body = await readBody(context.req.raw, limits.bodyBytes);
    refuseBatch(body);
    const request = withBody(context.req.raw, body);
    return admission.run(client, (signal) => answer(request, { signal }));
  });
}

/** Each call counts as a request. Clients of the protocol have sent no batches since its version of 2025-06-18. */
function refuseBatch(body: Uint8Array): void {
  const first = body.find((byte) => !whitespace.has(byte));
  if (first !== "[".codePointAt(0)) return;
  throw new RequestError(
    400,
    "Expected one message of JSON-RPC, got a batch: send each message in a request of its own.",
  );
}

/** What JSON allows before a value. */
const whitespace: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The request with its whole body, so that a client that sends slowly does not count as a request in progress. */
function withBody({ url, method, headers }: Request, body: Uint8Array<ArrayBuffer>): Request {
  return new Request(url, { method, headers, body });
}
