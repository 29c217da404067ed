import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { constructorName, messageOf, RetrievalError } from "../errors.ts";
import { packageVersion } from "../package-version.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import { requireMcpOptions, type McpServer, type McpServerOptions } from "./mcp-options.ts";
import { fromMcpSdk } from "./mcp-sdk.ts";
import type { McpTool } from "./mcp-tool.ts";
import { passageTemplate, readPassage } from "./passage-resource.ts";
import { rerankTool } from "./rerank-tool.ts";
import { searchTool } from "./search-tool.ts";

const instructions =
  "Use `search` to find passages of the indexed documents before you answer a question about them, and name the sources of what you use. Use `rerank` to order texts that you already have by their relevance to a query.";

/**
 * Creates a server of the Model Context Protocol for one connection, with the tools `search` and `rerank` and the
 * found passages as resources. Passages are shown as data, between marks that they cannot close. A failed call is
 * a result with `isError` and the message of the error. When the client cancels a call, its search is aborted.
 *
 * @throws `missing-dependency` without `@modelcontextprotocol/sdk`
 */
export async function createMcpServer(options: McpServerOptions): Promise<McpServer> {
  return serverOf(requireMcpOptions("createMcpServer", options));
}

/**
 * A server with checked options. With `isRemote`, clients see the message of a failure only if it is an error in the
 * arguments: other messages can name paths of this machine.
 */
export async function serverOf(
  { index, scorer, search = {}, limits, onScored, onFailure }: McpServerOptions,
  { isRemote = false }: { readonly isRemote?: boolean } = {},
): Promise<McpServer> {
  const [sdk, types] = await fromMcpSdk(() =>
    Promise.all([
      import("@modelcontextprotocol/sdk/server/index.js"),
      import("@modelcontextprotocol/sdk/types.js"),
    ]),
  );
  const openIndex = async (): Promise<SearchIndex> =>
    typeof index === "function" ? index() : index;
  const ownReranker = scorer && new CrossEncoderReranker({ scorer });
  const tools = [
    searchTool(openIndex, { search, limits, onScored }),
    rerankTool(async () => ownReranker ?? (await openIndex()).reranker, { limits, onScored }),
  ];
  const server = new sdk.Server(
    { name: "langchain-rerank", version: packageVersion },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  if (onFailure) server.onerror = (error) => onFailure(withoutQuote(error));

  server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, inputSchema, outputSchema }) => ({
      name,
      title,
      description,
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool) return resultOf(tool, params.arguments ?? {}, { signal, onFailure, isRemote });
    throw new types.McpError(types.ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
  });
  server.setRequestHandler(types.ListResourcesRequestSchema, () => ({ resources: [] }));
  server.setRequestHandler(types.ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [passageTemplate],
  }));
  server.setRequestHandler(types.ReadResourceRequestSchema, async ({ params: { uri } }) => {
    try {
      const contents = await readPassage(await openIndex(), uri, search.filter);
      if (contents) return { contents: [contents] };
    } catch (error) {
      onFailure?.(error);
      throw new types.McpError(types.ErrorCode.InternalError, wordsOf(error, isRemote));
    }
    throw new types.McpError(resourceNotFound, "Resource not found", { uri });
  });
  return server;
}

/** The SDK quotes a whole message that it did not expect; what a client sends does not belong in a log. */
function withoutQuote(error: Error): Error {
  const [words = ""] = error.message.split(/: (?=[[{])/, 1);
  return words === error.message ? error : new Error(`${words}.`);
}

/** The code that the protocol gives to an unknown resource. */
const resourceNotFound = -32002;

async function resultOf(
  tool: McpTool,
  args: unknown,
  {
    signal,
    onFailure,
    isRemote,
  }: { signal: AbortSignal; onFailure: McpServerOptions["onFailure"]; isRemote: boolean },
): Promise<CallToolResult> {
  try {
    return await tool.call(args, signal);
  } catch (error) {
    if (!isWrongInput(error) && !signal.aborted) onFailure?.(error);
    return { content: [{ type: "text", text: wordsOf(error, isRemote) }], isError: true };
  }
}

/** Messages of errors that this package did not throw may quote texts or paths. */
function wordsOf(error: unknown, isRemote: boolean): string {
  if (error instanceof RetrievalError) {
    if (!isRemote || isWrongInput(error)) return messageOf(error);
    return `The call failed (${error.code}); the server has the details.`;
  }
  const name = error instanceof Error ? constructorName(error) : typeof error;
  return `The call failed unexpectedly (${name}); the server has the details.`;
}

function isWrongInput(error: unknown): boolean {
  return error instanceof RetrievalError && error.code === "invalid-input";
}
