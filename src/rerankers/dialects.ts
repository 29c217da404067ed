import type { ScoreScale } from "../ranking/pair-scorer.ts";

/** Which kind of rerank server is asked. */
export type RerankDialect =
  | "tei"
  | "cohere"
  | "jina"
  | "vllm"
  | "infinity"
  | "llama.cpp"
  | "voyage";

/** What a request asks for. */
interface Question {
  readonly query: string;
  readonly texts: readonly string[];
  readonly model: string | undefined;
}

/** How a kind of server is asked, and where its answer has the scores. */
export interface Dialect {
  readonly path: string;
  /** The provider's own server, and the environment variable with its key. */
  readonly provider?: { readonly url: string; readonly apiKeyVariable: string };
  /** How many texts a request has at most, if the user does not say. */
  readonly batchSize: number;
  readonly scale: ScoreScale;
  readonly requestOf: (question: Question) => object;
  /** The field with the list of results; `undefined` if the answer is the list itself. */
  readonly list: "results" | "data" | undefined;
  /** The field of a result with its score. */
  readonly score: "score" | "relevance_score";
  /** Matches the error for a text that is too long, if its status is not 413 or 422. */
  readonly tooLong?: RegExp;
}

/** The size of a Cohere request that is billed once. */
const usualBatchSize = 100;

/** @see https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json */
const tei: Dialect = {
  path: "/rerank",
  batchSize: 32, // The server's own limit, unless it was started with another one.
  scale: "logit",
  requestOf: ({ query, texts }) => ({ query, texts, raw_scores: true, truncate: true }),
  list: undefined,
  score: "score",
};

/** Cohere's form of request and answer, which several servers follow. */
const cohereForm = {
  requestOf: ({ query, texts, model }: Question) => ({
    model,
    query,
    documents: texts,
    top_n: texts.length,
  }),
  list: "results",
  score: "relevance_score",
} as const satisfies Partial<Dialect>;

/** @see https://docs.cohere.com/v2/reference/rerank */
const cohere: Dialect = {
  ...cohereForm,
  path: "/v2/rerank",
  provider: { url: "https://api.cohere.com", apiKeyVariable: "COHERE_API_KEY" },
  batchSize: usualBatchSize,
  scale: "probability",
};

/** @see https://api.jina.ai/redoc */
const jina: Dialect = {
  ...cohereForm,
  path: "/v1/rerank",
  provider: { url: "https://api.jina.ai", apiKeyVariable: "JINA_API_KEY" },
  batchSize: 64, // As many as jina-reranker-v3 reads at once.
  scale: "unbounded", // A probability with version 2, a cosine with version 3.
  requestOf: (question) => ({ ...cohereForm.requestOf(question), return_documents: false }),
};

/** @see https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/pooling/scoring/protocol.py */
const vllm: Dialect = {
  ...cohereForm,
  path: "/v1/rerank",
  batchSize: usualBatchSize,
  scale: "probability", // Unless the model's configuration names an activation other than the sigmoid.
  requestOf: (question) => ({
    ...cohereForm.requestOf(question),
    truncate_prompt_tokens: -1, // To the model's window; without it a long text is refused.
  }),
};

/** The other interface of vLLM, at an address that ends in `/score`. */
const vllmScore: Dialect = {
  ...vllm,
  path: "/score",
  requestOf: ({ query, texts, model }) => ({
    model,
    text_1: query,
    text_2: texts,
    truncate_prompt_tokens: -1,
  }),
  list: "data",
  score: "score",
};

/** @see https://github.com/michaelfeil/infinity/blob/main/libs/infinity_emb/infinity_emb/fastapi_schemas/pymodels.py */
const infinity: Dialect = {
  ...cohereForm,
  path: "/rerank",
  batchSize: usualBatchSize,
  scale: "logit",
  requestOf: ({ query, texts, model }) => ({
    model,
    query,
    documents: texts,
    raw_scores: true,
    return_documents: false,
  }),
};

/** @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
const llamaCpp: Dialect = {
  ...cohereForm,
  path: "/v1/rerank",
  batchSize: usualBatchSize,
  scale: "logit", // Models of the Qwen3 family give probabilities.
  // With status 500 beyond the physical batch, with 400 beyond the context; no text is ever cut.
  tooLong: /too large to process|exceed_context_size_error/,
};

/** @see https://docs.voyageai.com/reference/reranker-api */
const voyage: Dialect = {
  path: "/v1/rerank",
  provider: { url: "https://api.voyageai.com", apiKeyVariable: "VOYAGE_API_KEY" },
  batchSize: usualBatchSize,
  scale: "probability",
  requestOf: ({ query, texts, model }) => ({
    query,
    documents: texts,
    model,
    top_k: texts.length,
    truncation: true,
  }),
  list: "data",
  score: "relevance_score",
};

/** Every dialect by its name. */
export const dialects: Readonly<Record<RerankDialect, Dialect>> = {
  tei,
  cohere,
  jina,
  vllm,
  infinity,
  "llama.cpp": llamaCpp,
  voyage,
};

/** The dialect that the server at this address speaks. */
export function dialectAt(name: RerankDialect, address: string | undefined): Dialect {
  const isScore = address !== undefined && /\/score\/?$/.test(new URL(address).pathname);
  return name === "vllm" && isScore ? vllmScore : dialects[name];
}

/**
 * The address to send requests to: the path of the dialect is appended unless the address ends in `/rerank` or, for
 * vLLM, in `/score`. If both contain the version, such as `/v1`, it is not repeated.
 */
export function endpointOf(address: string, { path }: Dialect): URL {
  const endpoint = new URL(address);
  const given = endpoint.pathname.replace(/\/+$/, "");
  if (given.endsWith("/rerank") || given.endsWith(path)) return endpoint;
  const [version = "/"] = /^\/v\d+(?=\/)/.exec(path) ?? [];
  endpoint.pathname = (given.endsWith(version) ? given.slice(0, -version.length) : given) + path;
  return endpoint;
}
