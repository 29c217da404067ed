import { untilAborted } from "../abort.ts";
import { serverOf } from "./create-mcp-server.ts";
import { requireMcpOptions, type McpServerOptions } from "./mcp-options.ts";
import { fromMcpSdk } from "./mcp-sdk.ts";

/**
 * Returns a handler of MCP requests over streamable HTTP, to be mounted at one path. It keeps no session: each
 * request gets its own server, so that any process behind a load balancer can answer it. `signal` ends a request, as
 * does a client that disconnects. Bodies of more than 4 MiB are refused. A client sees only the code of a failure,
 * because messages can name paths of this machine; `onFailure` gets the error.
 *
 * The handler does not check who sends a request. Before it is called, check `Host` and `Origin`, because a web page
 * can reach a server on loopback by DNS rebinding; check the API key if the server can be reached from elsewhere;
 * and limit the number of requests.
 *
 * @throws from the handler, `missing-dependency` without `@modelcontextprotocol/sdk`; the signal's reason
 */
export function mcpHandler(
  options: McpServerOptions,
): (
  request: Request,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Response> {
  const checked = requireMcpOptions("mcpHandler", options);
  return async (request, { signal = request.signal } = {}) => {
    if (request.method !== "POST") return notAllowed();
    const [server, { WebStandardStreamableHTTPServerTransport: Transport }] = await Promise.all([
      serverOf(checked, { isRemote: true }),
      fromMcpSdk(() => import("@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js")),
    ]);
    const transport = new Transport({ enableJsonResponse: true });
    try {
      await server.connect(transport);
      return await untilAborted(transport.handleRequest(request), signal);
    } finally {
      await server.close();
    }
  };
}

/** Without sessions, there is neither a stream to open nor a session to end. */
function notAllowed(): Response {
  const error = { code: -32000, message: "Method not allowed: send requests with POST." };
  return Response.json(
    { jsonrpc: "2.0", error, id: null },
    { status: 405, headers: { Allow: "POST" } },
  );
}
