import { untilAborted } from "../abort.ts";
import { serverOf } from "./create-mcp-server.ts";
import { requireMcpOptions, type McpServerOptions } from "./mcp-options.ts";
import { fromMcpSdk } from "./mcp-sdk.ts";

/**
 * Serves one MCP client over standard input and output, until the client closes one of them. Calls that are then
 * in progress are aborted, because nobody reads their results.
 *
 * @throws the signal's reason if the signal is aborted
 */
export async function serveStdio(options: McpServerOptions, signal: AbortSignal): Promise<void> {
  const [server, { StdioServerTransport }] = await Promise.all([
    serverOf(requireMcpOptions("serveStdio", options)),
    fromMcpSdk(() => import("@modelcontextprotocol/sdk/server/stdio.js")),
  ]);
  const transport = new StdioServerTransport();
  const closed = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
    transport.onclose = resolve;
    process.stdin.once("close", resolve).once("end", resolve);
    // A client may exit without closing the connection.
    process.stdout.on("error", () => resolve());
  });
  try {
    await server.connect(transport);
    await untilAborted(closed, signal);
  } finally {
    await server.close();
  }
}
