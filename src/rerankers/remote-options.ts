import { describe, kindOf, RetrievalError } from "../errors.ts";
import { callback, choice, number, required, text, wholeNumber } from "../option-rules.ts";
import type { OptionRule, OptionRules } from "../options.ts";
import {
  pairScorer,
  scoreScale,
  type PairScorer,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import { dialects, type RerankDialect } from "./dialects.ts";

/** Which rerank server to ask, and how. */
export interface RemotePairScorerOptions {
  /** The kind of server. */
  readonly dialect: RerankDialect;
  /**
   * Address of the server, such as `http://localhost:8080`. The dialect's path is appended unless the address
   * ends in `/rerank` or, for vLLM, `/score`. @defaultValue the provider's own server for `cohere`, `jina` and
   * `voyage`
   */
  readonly url?: string | undefined;
  /** Name of the model. @defaultValue the server's own; `cohere`, `jina` and `voyage` need one */
  readonly model?: string | undefined;
  /**
   * Sent as `Authorization: Bearer …`. @defaultValue at the provider's own server the environment variable
   * `COHERE_API_KEY`, `JINA_API_KEY` or `VOYAGE_API_KEY`; none at other servers
   */
  readonly apiKey?: string | undefined;
  /** Further headers of each request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds after which a request counts as failed, at least 1. @defaultValue 30000 */
  readonly timeoutMs?: number | undefined;
  /** How many requests may run at once over all calls, at least 1. @defaultValue 4 */
  readonly maxConcurrency?: number | undefined;
  /**
   * How often a request is tried again after a lost connection, a timeout, or a status of 408, 425, 429 or at
   * least 500, except 501; at least 0. Waits as long as `Retry-After` says, up to a minute. @defaultValue 2
   */
  readonly maxRetries?: number | undefined;
  /**
   * Maximum number of texts in a request, at least 1. If the server refuses a request with status 413 or 422, half
   * as many are sent from then on. @defaultValue 32 for `tei`, 64 for `jina`, 100 for others
   */
  readonly batchSize?: number | undefined;
  /**
   * What the scores mean, if the model differs from what is usual with this kind of server. @defaultValue
   * "logit" for `tei`, `infinity` and `llama.cpp`, "probability" for `cohere`, `vllm` and `voyage`, "unbounded"
   * for `jina`
   */
  readonly scale?: ScoreScale | undefined;
  /**
   * Scores a whole call if the server fails; its name and scale are then in `scoredBy`. After three failed calls
   * in a row it scores all calls for 30 s, before one tries the server again. @defaultValue none: the call
   * rejects
   */
  readonly failover?: PairScorer | undefined;
  /**
   * Called with the error of each call that the server failed, and awaited before `failover` scores it. If it throws
   * or rejects, the call rejects with that error instead.
   */
  readonly onFailover?: ((error: unknown) => void) | undefined;
}

/** Names the kind of a value only: it may be a key. */
const secret: OptionRule = (name, value) => {
  if (typeof value === "string" && isHeaderValue(value)) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to be a string of visible characters, got ${typeof value === "string" ? "another string" : kindOf(value)}.`,
  );
};

const secretsByName: OptionRule = (name, value) => {
  if (kindOf(value) !== kindOf({})) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`${name}\` to be a plain object with a string for each header, got ${kindOf(value)}.`,
    );
  }
  for (const [header, content] of Object.entries(Object(value))) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`${name}\` to have names of headers, got ${describe(header)}.`,
      );
    }
    secret(`${name}.${header}`, content);
  }
};

/** Shows no address that it refuses: it may hold a password. */
const serverAddress: OptionRule = (name, value) => {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password + url.hash === "") {
    return;
  }
  const got = url ? `one that starts with ${url.protocol}` : kindOf(value);
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to be an http or https address without user, password and fragment, such as "http://localhost:8080", got ${got}; pass a password in \`headers\`.`,
  );
};

export const remotePairScorerOptionRules: OptionRules<RemotePairScorerOptions> = {
  dialect: required(choice(...Object.keys(dialects))),
  url: serverAddress,
  model: text,
  apiKey: secret,
  headers: secretsByName,
  timeoutMs: number(1),
  maxConcurrency: wholeNumber(1),
  maxRetries: wholeNumber(0),
  batchSize: wholeNumber(1),
  scale: scoreScale,
  failover: pairScorer,
  onFailover: callback,
};

/** Anything else would make `fetch` throw an error that quotes the value. */
export function isHeaderValue(value: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value);
}
