export { createMcpServer } from "../mcp/create-mcp-server.ts";
export { mcpHandler } from "../mcp/mcp-handler.ts";
export type {
  McpSearchSettings,
  McpServer,
  McpServerOptions,
  McpTransport,
} from "../mcp/mcp-options.ts";
export {
  SearchIndex,
  type IndexSearchOptions,
  type SearchIndexOptions,
  type SearchStages,
} from "../retrieval/search-index.ts";
