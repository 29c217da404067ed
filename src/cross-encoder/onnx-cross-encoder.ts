import { untilAborted, untilDeadline } from "../abort.ts";
import { requireNumber, requireString, requireStrings, requireWholeNumber } from "../errors.ts";
import { requireOptions, type OptionNames } from "../known-options.ts";
import { requireKind } from "../model/model-catalog.ts";
import { ModelLease } from "../model/model-lease.ts";
import {
  onnxModelOptionNames,
  type ModelInfo,
  type OnnxModel,
  type OnnxModelOptions,
} from "../model/onnx-model.ts";
import {
  scoreOptionNames,
  type PairScorer,
  type ScoreOptions,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import { scorePairs, type Pairs } from "./score-pairs.ts";
import { ScoringRun, type PairListener, type WatchedRun } from "./scoring-run.ts";
import { SharedScoring } from "./shared-scoring.ts";

export interface OnnxCrossEncoderOptions extends Omit<OnnxModelOptions, "model"> {
  /** A name of the catalogue, `owner/name` on the hub, or a folder. @defaultValue "BAAI/bge-reranker-large" */
  readonly model?: string | undefined;
  /** Window in tokens, at most what the model's position table allows. @defaultValue the model's own */
  readonly maxTokens?: number | undefined;
  /**
   * `true` keeps scores and token ids of texts seen before, 8 MiB of each, and lets identical calls that
   * overlap share one run. @defaultValue true
   */
  readonly cache?: boolean | undefined;
}

export const onnxCrossEncoderOptionNames: OptionNames<OnnxCrossEncoderOptions> = {
  ...onnxModelOptionNames,
  maxTokens: true,
  cache: true,
};

/**
 * A cross-encoder run by ONNX Runtime in worker threads. Scores are logits, equal to those of
 * sentence-transformers' `CrossEncoder` without activation; a head of two labels gives the second
 * minus the first. A pair's score does not depend on the pairs beside it, nor on who else is asking:
 * concurrent calls meet in one queue, in which each gets its share.
 */
export class OnnxCrossEncoder implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "logit";
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;
  readonly #isCached: boolean;

  constructor(given: OnnxCrossEncoderOptions = {}) {
    const {
      model = "BAAI/bge-reranker-large",
      maxTokens,
      cache = true,
      ...options
    } = requireOptions("OnnxCrossEncoder", given, onnxCrossEncoderOptionNames);
    if (maxTokens !== undefined) requireWholeNumber("maxTokens", maxTokens, 1);
    requireKind(model, "cross-encoder");
    this.name = model;
    this.#maxTokens = maxTokens;
    this.#isCached = cache;
    this.#lease = new ModelLease({ ...options, model }, "score", () => ({ kind: "score" }));
  }

  /**
   * One logit for each text, in the order of `texts`; `NaN` for what the deadline left out, and for a
   * text on which two workers failed.
   *
   * @throws `overloaded` where too much waits already; the signal's reason where it is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<Float32Array> {
    const { signal, deadlineMs, onScored } = requireOptions("score", options, scoreOptionNames);
    if (deadlineMs !== undefined) requireNumber("deadlineMs", deadlineMs, 0);
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const scores = new Float32Array(texts.length).fill(Number.NaN);
    if (deadlineMs === 0) return scores; // No time: not even a timer's.
    const indicesByText = new Map<string, number[]>();
    for (const [index, text] of texts.entries()) {
      const indices = indicesByText.get(text);
      if (indices) indices.push(index);
      else indicesByText.set(text, [index]);
    }
    const byPlace = [...indicesByText.values()];
    const callback = new AbortController();
    const over = new AbortController();
    const work = this.#watch(
      { query, texts: [...indicesByText.keys()], maxTokens: this.#maxTokens },
      (place, { score, truncatedTokens }) => {
        try {
          for (const index of byPlace[place] ?? []) {
            scores[index] = score;
            onScored?.(index, score, { truncatedTokens });
          }
        } catch (error) {
          callback.abort(error);
        }
      },
      over.signal,
    );
    try {
      const ended = untilAborted(untilDeadline(work, deadlineMs), signal);
      await untilAborted(ended, callback.signal);
    } finally {
      over.abort();
    }
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

  /** Settles when all pairs were scored; once `over` is aborted, nothing more is told. */
  async #watch(pairs: Pairs, listen: PairListener, over: AbortSignal): Promise<void> {
    if (pairs.texts.length === 0) return;
    const model = await this.#lease.model();
    if (over.aborted) return;
    const { done, leave } = this.#isCached
      ? await SharedScoring.of(model).watch(pairs, listen)
      : watchAlone(model, pairs, listen);
    if (over.aborted) return leave();
    over.addEventListener("abort", leave, { once: true });
    await done;
  }
}

function watchAlone(model: OnnxModel, pairs: Pairs, listen: PairListener): WatchedRun {
  const run = new ScoringRun((onPair, signal) => scorePairs(model, pairs, { onPair, signal }));
  return run.watch(listen);
}
