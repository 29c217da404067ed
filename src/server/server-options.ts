import { kindOf, RetrievalError } from "../errors.ts";
import { boolean, callback, methods, number, strings, text, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRule, type OptionRules } from "../options.ts";
import { pairScorer, type PairScorer } from "../ranking/pair-scorer.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import type { AccessRecord } from "./access-log.ts";
import { explorerSettings, type ExplorerSettings } from "./explorer/explorer-options.ts";
import { serverLimits, type ServerLimits } from "./limits.ts";
import type { NamedEmbeddings } from "./service.ts";

/** What a server serves, to whom, and how much of it. */
export interface RerankServerOptions {
  /** Scores pairs for the rerank and score routes. @defaultValue the scorer of `index`, or else those routes answer 404 */
  readonly scorer?: PairScorer | undefined;
  /** Embeds texts for the embedding routes. @defaultValue those routes answer 404 */
  readonly embeddings?: NamedEmbeddings | undefined;
  /** What `/search`, the explorer and MCP search. @defaultValue those routes answer 404 */
  readonly index?: SearchIndex | undefined;
  /**
   * Settings of the explorer, the page at `/`. Requires an `index`. @defaultValue those of `ExplorerSettings`
   */
  readonly explorer?: ExplorerSettings | undefined;
  /**
   * Keys of which a request needs one, each of at least 8 visible ASCII characters. @defaultValue none: every
   * request is answered
   */
  readonly apiKeys?: readonly string[] | undefined;
  /**
   * `true` lets a server without `apiKeys` listen on addresses that other machines reach, and answer requests under any
   * host name. @defaultValue false
   */
  readonly allowNoKey?: boolean | undefined;
  /**
   * Names, beside a model's own, under which a request may ask for it, for clients that know only the names of a
   * provider, such as "rerank-v3.5". @defaultValue []
   */
  readonly modelAliases?: readonly string[] | undefined;
  /** @defaultValue those of `ServerLimits` */
  readonly limits?: ServerLimits | undefined;
  /** Called with each answered request. @defaultValue not reported */
  readonly onAccess?: ((record: AccessRecord) => void) | undefined;
  /**
   * Called with each error behind a failed call of an MCP tool, or behind a status of 500, 501 or 503, whose details
   * the answer does not show. @defaultValue not reported
   */
  readonly onError?: ((error: unknown, request: FailedRequest) => void) | undefined;
}

/** The request that an error ended. */
export interface FailedRequest {
  readonly id: string;
  readonly route: string;
}

/** Where a server listens. */
export interface ListenOptions {
  /** From 0 to 65535; 0 takes any free port. @defaultValue 8787 */
  readonly port?: number | undefined;
  /** A name or address of this machine. @defaultValue "127.0.0.1" */
  readonly host?: string | undefined;
}

/** How a server stops. */
export interface CloseOptions {
  /** Milliseconds after which requests that are left get status 503, at least 1. @defaultValue 10000 */
  readonly timeoutMs?: number | undefined;
}

/** Shows no key. */
const keys: OptionRule = (name, value) => {
  strings(name, value);
  const list: unknown[] = Array.isArray(value) ? value : [];
  if (list.every((key) => typeof key === "string" && /^[\x21-\x7e]{8,}$/.test(key))) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to have keys of at least 8 visible ASCII characters without spaces, got another one.`,
  );
};

const namedEmbeddings: OptionRule = (name, value) => {
  methods(
    "LangChain embeddings with a `model` name, such as OnnxEmbeddings",
    "embedDocuments",
    "embedQuery",
  )(name, value);
  text(`${name}.model`, Reflect.get(Object(value), "model"));
};

const port: OptionRule = (name, value) => {
  wholeNumber(0)(name, value);
  number(0, 65_535)(name, value);
};

const serverOptionRules: OptionRules<RerankServerOptions> = {
  scorer: pairScorer,
  embeddings: namedEmbeddings,
  index: methods("a SearchIndex", "search", "retriever"),
  explorer: explorerSettings,
  apiKeys: keys,
  allowNoKey: boolean,
  modelAliases: strings,
  limits: serverLimits,
  onAccess: callback,
  onError: callback,
};

/** @throws `invalid-option` */
export function requireServerOptions(options: RerankServerOptions): RerankServerOptions {
  requireOptions("createServer", options, serverOptionRules);
  const { scorer, embeddings, index, explorer } = options;
  if (explorer && !index) {
    throw new RetrievalError(
      "invalid-option",
      "Expected `explorer` together with `index`, got `explorer` alone: pass the index that the explorer searches.",
    );
  }
  if (scorer ?? embeddings ?? index) return options;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`scorer\`, \`embeddings\` or \`index\` for createServer, got ${kindOf(undefined)} for each: pass what the server serves.`,
  );
}

export const listenOptionRules: OptionRules<ListenOptions> = { port, host: text };

export const closeOptionRules: OptionRules<CloseOptions> = { timeoutMs: number(1) };
