import { requireFilter } from "../documents/parse-filter.ts";
import { requireMethods } from "../errors.ts";
import type { ScoredPairs } from "../documents/scored-pairs.ts";
import { callback, object, required, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRule, type OptionRules } from "../options.ts";
import { pairScorer, type PairScorer } from "../ranking/pair-scorer.ts";
import {
  indexSearchOptionRules,
  type IndexSearchOptions,
  type SearchIndex,
} from "../retrieval/search-index.ts";

/** Settings of every search of an MCP server. */
export type McpSearchSettings = Omit<IndexSearchOptions, "signal" | "config">;

/** How much one call of a tool may ask for. */
export interface McpLimits {
  /** Texts of a call of `rerank`, and candidates of a search, at least 1. @defaultValue 1000 */
  readonly documents?: number | undefined;
  /** UTF-16 units of a question, a query or a text, at least 1. @defaultValue no limit */
  readonly characters?: number | undefined;
}

/** Every limit with its value. */
export type CompleteMcpLimits = { readonly [Name in keyof McpLimits]-?: number };

/** What an MCP server searches. */
export interface McpServerOptions {
  /**
   * The index, or a function that returns it. The function is called for each request that needs the index, and
   * its errors become the results of tools, so that a server can start before there is an index.
   */
  readonly index: SearchIndex | (() => Promise<SearchIndex>);
  /** Scores the texts of the tool `rerank`. @defaultValue the reranker of `index` */
  readonly scorer?: PairScorer | undefined;
  /**
   * Settings of every search. A call of the tool may pass another `k` and `hybrid`, and a further filter that also
   * applies. A `filter` also restricts which passages can be read. @defaultValue those of `SearchIndex.search`
   */
  readonly search?: McpSearchSettings | undefined;
  /** How much one call may ask for. @defaultValue 1000 texts of any length */
  readonly limits?: McpLimits | undefined;
  /** Called with what each call scored, for metrics. */
  readonly onScored?: ((scored: ScoredPairs) => void) | undefined;
  /** Called with every error that is not an error in the arguments of a tool. @defaultValue not reported */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** The end of a connection to an MCP client, such as `StdioServerTransport` of the MCP SDK. */
export interface McpTransport {
  /** Begins to receive messages. */
  start(): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** A server of the MCP SDK for one connection. */
export interface McpServer {
  /** Answers the client at the other end until the connection is closed. */
  connect(transport: McpTransport): Promise<void>;
  /** Closes the connection and aborts calls in progress. */
  close(): Promise<void>;
}

const { signal: _signal, config: _config, ...searchSettingRules } = indexSearchOptionRules;

const indexRule: OptionRule = (name, value) => {
  if (typeof value === "function") return;
  requireMethods(name, value, "a SearchIndex, or a function that returns one", ["search"]);
};

const mcpServerOptionRules: OptionRules<McpServerOptions> = {
  index: required(indexRule),
  scorer: pairScorer,
  search: object,
  limits: object,
  onScored: callback,
  onFailure: callback,
};

const limitRules: OptionRules<McpLimits> = {
  documents: (name, value) => wholeNumber(1)(`limits.${name}`, value),
  characters: (name, value) => wholeNumber(1)(`limits.${name}`, value),
};

/** The limits with their defaults. */
export function completeLimits({
  documents = 1000,
  characters = Number.MAX_SAFE_INTEGER,
}: McpLimits = {}): CompleteMcpLimits {
  return { documents, characters };
}

/**
 * Checks the options once, at the edge.
 *
 * @throws `invalid-option`, or `invalid-input` for a wrong filter
 */
export function requireMcpOptions(taker: string, options: McpServerOptions): McpServerOptions {
  const { search, limits } = requireOptions(taker, options, mcpServerOptionRules);
  if (limits !== undefined) requireOptions("limits", limits, limitRules);
  if (search !== undefined) requireOptions("search", search, searchSettingRules);
  requireFilter(search?.filter);
  return options;
}
