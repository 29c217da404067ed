import { boolean, wholeNumber } from "../option-rules.ts";
import { requireString, requireStrings } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { canonicalName, requireKind } from "../model/files/model-catalog.ts";
import { headOf } from "../model/files/model-head.ts";
import { ModelLease } from "../model/model-lease.ts";
import {
  onnxModelOptionRules,
  type ModelInfo,
  type OnnxModel,
  type OnnxModelOptions,
} from "../model/onnx-model.ts";
import type { Windowing } from "../model/tokens/text-windows.ts";
import {
  instructedScoreOptionRules,
  requireReader,
  type PairScorer,
  type ScoreOptions,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import {
  collectScores,
  type CollectedScores,
  type PairListener,
} from "../ranking/collect-scores.ts";
import { ScoringRun, type Pairs } from "./scoring-run.ts";
import { SharedScoring } from "./shared-scoring.ts";
import { completeWindow, windowOption, type WindowOptions } from "./window-options.ts";

/** Which cross-encoder to run, where to run it, and whether to cache its scores. */
export interface OnnxCrossEncoderOptions extends Omit<OnnxModelOptions, "model"> {
  /**
   * A name from the catalogue, `owner/name` on the hub, or a folder. @defaultValue "BAAI/bge-reranker-large"
   */
  readonly model?: string | undefined;
  /**
   * Length of the window in tokens, at least 1 and at most the size of the model's position
   * table. @defaultValue the model's own
   */
  readonly maxTokens?: number | undefined;
  /**
   * Scores a text that does not fit beside the query in overlapping windows and keeps the best score. A text has a
   * score only if all its windows have one; otherwise the score would depend on the machine's load.
   * `CrossEncoderReranker` refuses it together with `passageFields`. @defaultValue the text is truncated
   */
  readonly window?: WindowOptions | undefined;
  /**
   * `true` caches scores and token ids, 8 MiB of each, and lets identical overlapping calls share one
   * run. @defaultValue true
   */
  readonly cache?: boolean | undefined;
}

export const onnxCrossEncoderOptionRules: OptionRules<OnnxCrossEncoderOptions> = {
  ...onnxModelOptionRules,
  maxTokens: wholeNumber(1),
  window: windowOption,
  cache: boolean,
};

/** The settings that a loaded cross-encoder really uses. */
export interface CrossEncoderInfo extends ModelInfo {
  /** The windows into which a long text is cut; `undefined` if it is truncated. */
  readonly window: Windowing | undefined;
}

/** The result of `OnnxCrossEncoder.score`, in typed arrays. */
export type OnnxPairScores = CollectedScores;

/**
 * A cross-encoder run by ONNX Runtime in worker threads. Scores are logits, equal to those of
 * sentence-transformers' `CrossEncoder` without activation; for a model with two labels, the score is the
 * second logit minus the first, and for a language model that of "yes" minus that of "no" ("true" and "false" for
 * monoT5). A pair's score does not depend on other pairs or other calls. Concurrent calls share one queue, which serves
 * them fairly.
 *
 * @example
 * ```ts
 * import { OnnxCrossEncoder } from "langchain-rerank";
 *
 * await using encoder = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large" });
 * const { scores } = await encoder.score("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores); // One logit for each text, in the order of the texts.
 * ```
 */
export class OnnxCrossEncoder implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "logit";
  /** The windows into which a long text is cut; `undefined` if it is truncated. */
  readonly window: Windowing | undefined;
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;
  readonly #isCached: boolean;
  #readsInstruction: true | undefined;

  constructor(given: OnnxCrossEncoderOptions = {}) {
    const {
      model = "BAAI/bge-reranker-large",
      maxTokens,
      window,
      cache = true,
      ...options
    } = requireOptions("OnnxCrossEncoder", given, onnxCrossEncoderOptionRules);
    const row = requireKind(model, "cross-encoder");
    this.#readsInstruction = row === undefined ? true : row.readsInstruction;
    this.name = canonicalName(model);
    this.#maxTokens = maxTokens;
    this.window = window && completeWindow(window);
    this.#isCached = cache;
    this.#lease = new ModelLease({ ...options, model }, "score", (files) => headOf("score", files));
  }

  /**
   * Whether the model reads an instruction, as Qwen3-Reranker does. For a model outside the catalogue it is `true` until
   * the model is loaded; `score` refuses an instruction that the loaded model does not read.
   */
  get readsInstruction(): true | undefined {
    return this.#readsInstruction;
  }

  /**
   * Returns one logit for each text, in the order of `texts`. A text has a reason instead of a score if the
   * deadline passed first, or if two workers failed on it.
   *
   * @throws `overloaded` if too many texts are waiting already; `invalid-option` if the model does not read an
   * instruction, or its prompt leaves no room for a text; the signal's reason if the signal is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<OnnxPairScores> {
    const { instruction, ...given } = requireOptions("score", options, instructedScoreOptionRules);
    requireString("query", query);
    requireStrings("texts", texts);
    requireReader(this, instruction);
    const pairs = { query, texts, instruction, maxTokens: this.#maxTokens, window: this.window };
    return collectScores(texts.length, given, (listen, over) => this.#watch(pairs, listen, over));
  }

  /** Loads the model if necessary and returns its settings. */
  async info(): Promise<CrossEncoderInfo> {
    const info = await (await this.#model()).info();
    return { ...info, maxTokens: this.#maxTokens ?? info.maxTokens, window: this.window };
  }

  /** Ends the workers, unless another instance shares them. */
  async dispose(): Promise<void> {
    await this.#lease.release();
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #model(): Promise<OnnxModel> {
    const model = await this.#lease.model();
    if (!model.framing.readsInstruction) this.#readsInstruction = undefined;
    return model;
  }

  /** Resolves when all pairs are scored; stops calling `listen` once `over` is aborted. */
  async #watch(pairs: Pairs, listen: PairListener, over: AbortSignal): Promise<void> {
    if (pairs.texts.length === 0) return;
    const model = await this.#model();
    if (over.aborted) return;
    const { done, leave } = this.#isCached
      ? await SharedScoring.of(model).watch(pairs, listen)
      : new ScoringRun(model, pairs).watch(listen);
    if (over.aborted) return leave();
    over.addEventListener("abort", leave, { once: true });
    await done;
  }
}
