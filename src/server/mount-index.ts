import type { Hono, MiddlewareHandler } from "hono";
import { mcpHandler } from "../mcp/mcp-handler.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import { requireReady, type Admission } from "./admission.ts";
import { explorerApi } from "./explorer/explorer-routes.ts";
import { readBody } from "./read-body.ts";
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
  const admit: MiddlewareHandler<ServerEnv> = (context, next) => {
    requireReady(service.state());
    return admission.run(context.req.raw.signal, async (signal) => {
      context.set("signal", signal);
      await next();
    });
  };
  app.use("/explorer/api/*", admit);
  app.route("/", explorerApi({ ...explorer, index }));
  app.all(mcpPath, async (context) => {
    requireReady(service.state());
    const answer = mcpHandler({
      index,
      scorer: reranker?.scorer,
      onFailure: (error) => onError?.(error, { id: context.get("id"), route: mcpPath }),
    });
    const { url, method, headers, signal: client } = context.req.raw;
    if (method !== "POST") return answer(context.req.raw);
    // Before admission, so that a client that sends slowly does not count as a request in progress.
    const body = await readBody(context.req.raw, limits.bodyBytes);
    const request = new Request(url, { method, headers, body });
    return admission.run(client, (signal) => answer(request, { signal }));
  });
}
