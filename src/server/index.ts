export {
  createMcpServer,
  type McpServer,
  type McpServerOptions,
  type McpTransport,
} from "../mcp/create-mcp-server.ts";
export { mcpHandler } from "../mcp/mcp-handler.ts";
export type { McpSearchSettings } from "../mcp/search-tool.ts";
export {
  SearchIndex,
  type IndexSearchOptions,
  type SearchIndexOptions,
  type SearchStages,
} from "../retrieval/search-index.ts";
