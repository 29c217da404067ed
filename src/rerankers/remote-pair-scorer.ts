import { untilAborted, untilDeadline } from "../abort.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { requireOptions } from "../options.ts";
import {
  scoreOptionRules,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
  type ScoreScale,
  type UnscoredReason,
} from "../ranking/pair-scorer.ts";
import { wellFormed } from "../text/well-formed.ts";
import { dialectAt } from "./dialects.ts";
import { placesOf } from "./distinct-texts.ts";
import { endpointFor } from "./endpoint.ts";
import { Failover } from "./failover.ts";
import { remotePairScorerOptionRules, type RemotePairScorerOptions } from "./remote-options.ts";
import { RerankServer } from "./rerank-server.ts";

/**
 * A rerank server: Text Embeddings Inference, vLLM, Infinity, llama.cpp, Cohere, Jina or Voyage. Equal texts are
 * sent once. The key is kept in private fields, and appears in no error and no redirected request.
 *
 * @example
 * ```ts
 * import { OnnxCrossEncoder } from "langchain-rerank";
 * import { RemotePairScorer } from "langchain-rerank/rerankers";
 *
 * await using failover = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large" });
 * const scorer = new RemotePairScorer({ dialect: "tei", url: "http://localhost:8080", failover });
 * const { scores, scoredBy } = await scorer.score("How does LoRA reduce memory?", [
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores[0], scoredBy?.name);
 * ```
 */
export class RemotePairScorer implements PairScorer {
  /** The name of the model, or else the kind and the address of the server. */
  readonly name: string;
  readonly scale: ScoreScale;
  readonly #server: RerankServer;
  readonly #failover: Failover | undefined;

  constructor(options: RemotePairScorerOptions) {
    const given = requireOptions("RemotePairScorer", options, remotePairScorerOptionRules);
    const dialect = dialectAt(given.dialect, given.url);
    const { timeoutMs = 30_000, maxConcurrency = 4, maxRetries = 2 } = given;
    const { model, batchSize = dialect.batchSize, scale = dialect.scale } = given;
    if (dialect.provider && model === undefined) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`model\` for the dialect ${given.dialect}, got none: its requests name a model.`,
      );
    }
    const endpoint = endpointFor(given, dialect);
    this.name = model ?? `${given.dialect} at ${endpoint.url.host}`;
    this.scale = scale;
    this.#server = new RerankServer({
      endpoint: { ...endpoint, timeoutMs },
      dialect,
      scale,
      model,
      maxConcurrency,
      maxRetries,
      batchSize,
    });
    const { failover, onFailover } = given;
    const isOfTexts = (error: unknown): boolean => this.#server.isOfTexts(error);
    this.#failover = failover && new Failover(failover, { onFailover, isOfTexts });
  }

  /**
   * Returns one score for each text, in the order of `texts`. A text that the server refuses on its own, although
   * it takes others, has the reason "error". If it takes none of the texts, the call fails.
   *
   * @throws RetrievalError without `failover`: `server-unreachable`, `server-refused`, `server-answer-invalid`
   * or `overloaded`, after the retries; the signal's reason if the signal is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<PairScores> {
    const { signal, deadlineMs } = requireOptions("score", options, scoreOptionRules);
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const isAsked = texts.length > 0 && deadlineMs !== 0;
    if (!isAsked || !this.#failover) return this.#ask(query, texts, options);
    const ask = (ended: ScoreOptions): Promise<PairScores> => this.#ask(query, texts, ended);
    return this.#failover.score(query, texts, { options, ask });
  }

  async #ask(
    query: string,
    texts: readonly string[],
    { signal, deadlineMs, onScored }: ScoreOptions,
  ): Promise<PairScores> {
    const scores = new Float64Array(texts.length).fill(Number.NaN);
    const unscored = new Map<number, UnscoredReason>(texts.map((_, index) => [index, "deadline"]));
    const { name, scale } = this;
    const result: PairScores = { scores, unscored, scoredBy: { name, scale } };
    if (deadlineMs === 0 || texts.length === 0) return result;
    // Servers refuse a request with half a character.
    const places = placesOf(texts.map(wellFormed));
    const indices = [...places.values()];
    const over = new AbortController();
    const work = this.#server.score({
      query: wellFormed(query),
      texts: [...places.keys()],
      signal: over.signal,
      listen: (position, score) => {
        if (over.signal.aborted) return;
        for (const index of indices[position] ?? []) {
          if (Number.isNaN(score)) {
            unscored.set(index, "error");
          } else {
            scores[index] = score;
            unscored.delete(index);
            onScored?.(index, score);
          }
        }
      },
    });
    try {
      await untilAborted(untilDeadline(work, deadlineMs), signal);
    } finally {
      over.abort();
    }
    return result;
  }
}
