import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { CompleteLimits } from "./limits.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServedModel } from "./model-names.ts";
import type { PairScorer } from "../ranking/pair-scorer.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";

/** Embeddings that say which model they come from, such as `OnnxEmbeddings`. */
export interface NamedEmbeddings extends EmbeddingsInterface {
  readonly model: string;
}

/**
 * `starting` until the models are loaded, `failed` if they cannot be loaded, `draining` from `close` until the last
 * answer, then `closed`.
 */
export type ServerState = "starting" | "ready" | "failed" | "draining" | "closed";

/** What a loaded model reports about itself. */
export interface ModelFacts {
  /** Length of the window in tokens. */
  readonly maxTokens: number;
  readonly dtype: string;
  readonly provider: string;
}

/** The scorer behind all requests. */
export interface ServedScorer extends ServedModel {
  readonly scorer: PairScorer;
  /** `undefined` until it is loaded, and if it is not a local model. */
  facts: ModelFacts | undefined;
}

export interface ServedEmbeddings extends ServedModel {
  readonly embeddings: NamedEmbeddings;
  /** As those of a scorer. */
  facts: ModelFacts | undefined;
}

/** What the routes of one server share. */
export interface Service {
  readonly reranker: ServedScorer | undefined;
  readonly embedder: ServedEmbeddings | undefined;
  readonly index: SearchIndex | undefined;
  readonly limits: CompleteLimits;
  readonly metrics: ServerMetrics;
  readonly version: string;
  readonly state: () => ServerState;
}

/** One request that passed every check, and its body. */
export interface Call<Body> {
  readonly body: Body;
  readonly service: Service;
  /** Aborted when the client has gone, or the time is over. */
  readonly signal: AbortSignal;
  /** Adds texts to the request's line in the access log. */
  readonly countPairs: (count: number) => void;
}
