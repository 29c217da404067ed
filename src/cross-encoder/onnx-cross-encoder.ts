import { untilAborted } from "../abort.ts";
import { requireNumber, requireStrings, requireWholeNumber } from "../errors.ts";
import { ModelLease } from "../model/model-lease.ts";
import type { ModelInfo, OnnxModelOptions } from "../model/onnx-model.ts";
import { packPair } from "../model/packing.ts";
import type { PairScorer, ScoreOptions, ScoreScale } from "../ranking/pair-scorer.ts";

export interface OnnxCrossEncoderOptions extends Omit<OnnxModelOptions, "model"> {
  /** A name of the catalogue, `owner/name` on the hub, or a folder. @defaultValue "BAAI/bge-reranker-large" */
  readonly model?: string | undefined;
  /** Window in tokens, at most what the model's position table allows. @defaultValue the model's own */
  readonly maxTokens?: number | undefined;
}

/**
 * A cross-encoder run by ONNX Runtime in worker threads. Scores are logits, equal to those of
 * sentence-transformers' `CrossEncoder` without activation; a head of two labels gives the second
 * minus the first. A pair's score does not depend on the pairs beside it.
 */
export class OnnxCrossEncoder implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "logit";
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;

  constructor({
    model = "BAAI/bge-reranker-large",
    maxTokens,
    ...options
  }: OnnxCrossEncoderOptions = {}) {
    if (maxTokens !== undefined) requireWholeNumber("maxTokens", maxTokens, 1);
    this.name = model;
    this.#maxTokens = maxTokens;
    this.#lease = new ModelLease({ ...options, model }, "score", () => ({ kind: "score" }));
  }

  async score(
    query: string,
    texts: readonly string[],
    { signal, deadlineMs, onScored }: ScoreOptions = {},
  ): Promise<Float32Array> {
    const startedAt = performance.now();
    if (deadlineMs !== undefined) requireNumber("deadlineMs", deadlineMs, 0);
    requireStrings("query", [query]);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const scores = new Float32Array(texts.length).fill(Number.NaN);
    if (texts.length === 0) return scores;
    const isStale = (): boolean =>
      signal?.aborted === true || performance.now() - startedAt >= (deadlineMs ?? Infinity);
    const work = this.#score(query, texts, isStale, (index, score, truncatedTokens) => {
      scores[index] = score;
      onScored?.(index, score, { truncatedTokens });
    });
    await untilAborted(work, signal);
    return scores;
  }

  /** Loads the model if need be, and tells what is really in use. */
  async info(): Promise<ModelInfo> {
    const info = await (await this.#lease.model()).info();
    return { ...info, maxTokens: this.#maxTokens ?? info.maxTokens };
  }

  /** Ends the workers, unless another instance shares them. */
  async dispose(): Promise<void> {
    await this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #score(
    query: string,
    texts: readonly string[],
    isStale: () => boolean,
    onScore: (index: number, score: number, truncatedTokens: number) => void,
  ): Promise<void> {
    const model = await this.#lease.model();
    const packing = model.packing(this.#maxTokens);
    const [queryTokens] = (await model.encode([query], isStale)) ?? [];
    if (!queryTokens) return;
    await model.process(texts, {
      isStale,
      pack: (tokens) => packPair(queryTokens, tokens, packing),
      onRow: (index, row, { truncatedTokens }) => onScore(index, logitOf(row), truncatedTokens),
    });
  }
}

/** One label is the logit itself; of two, the second says relevant: sigmoid of the difference is its softmax. */
function logitOf(row: Float32Array): number {
  const [first = Number.NaN, second] = row;
  return second === undefined ? first : second - first;
}
