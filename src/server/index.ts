export type { AccessRecord } from "./access-log.ts";
export type { ExplorerSettings } from "./explorer/explorer-options.ts";
export type { ServerLimits } from "./limits.ts";
export { createServer, RerankServer, type ServerAddress } from "./rerank-server.ts";
export type {
  CloseOptions,
  FailedRequest,
  ListenOptions,
  RerankServerOptions,
} from "./server-options.ts";
export type { ScoredPairs } from "../documents/scored-pairs.ts";
export type { NamedEmbeddings, ServerState } from "./service.ts";
export { createMcpServer } from "../mcp/create-mcp-server.ts";
export { mcpHandler } from "../mcp/mcp-handler.ts";
export type {
  McpLimits,
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
