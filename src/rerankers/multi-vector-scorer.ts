import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { canonicalName, findModel } from "../model/files/model-catalog.ts";
import { headOf } from "../model/files/model-head.ts";
import { ModelLease } from "../model/model-lease.ts";
import {
  onnxModelOptionRules,
  type ModelInfo,
  type OnnxModel,
  type OnnxModelOptions,
} from "../model/onnx-model.ts";
import { abortSignal, callback, required, text, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import {
  collectScores,
  type CollectedScores,
  type PairListener,
} from "../ranking/collect-scores.ts";
import {
  scoreOptionRules,
  type PairScorer,
  type ScoreOptions,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import { PassageComparison } from "./passage-comparison.ts";
import { quantize } from "./quantize.ts";
import { TokenEncoder } from "./token-encoder.ts";
import { encodeOne, tokenMatches, TokenSpelling, type TokenMatches } from "./token-matches.ts";
import { storeVectors, type StoreOptions } from "./store-vectors.ts";
import { requireSameVectors, VectorFile } from "./vector-file.ts";

/** Which model gives the token vectors, where to run it, and where to keep the vectors of passages. */
export interface MultiVectorScorerOptions extends OnnxModelOptions {
  /**
   * Length of the window of passages in tokens, at least 1 and at most the size of the model's position
   * table. @defaultValue the model's own
   */
  readonly maxTokens?: number | undefined;
  /**
   * Path of the file in which `store` keeps the vectors of passages, in 8 bits. `score` then reads them, and encodes
   * only the query and texts that are not in the file. @defaultValue none: every text is encoded in each call
   */
  readonly vectors?: string | undefined;
}

const multiVectorScorerOptionRules: OptionRules<MultiVectorScorerOptions> = {
  ...onnxModelOptionRules,
  model: required(text),
  maxTokens: wholeNumber(1),
  vectors: text,
};

const storeOptionRules: OptionRules<StoreOptions> = { signal: abortSignal, onProgress: callback };

/**
 * Late interaction: compares each token of the query with each token of the text by MaxSim. The model is a multi-vector
 * model such as ColBERT, whose scores equal those of sentence-transformers' `MultiVectorEncoder`, or any bi-encoder,
 * whose token vectors are normalised and compared without the special tokens. A passage's vectors do not depend on the
 * query, so `store` can compute them in advance.
 *
 * @see Khattab and Zaharia, ColBERT (SIGIR 2020), https://doi.org/10.1145/3397271.3401075
 *
 * @example
 * ```ts
 * import { MultiVectorScorer } from "langchain-rerank/rerankers";
 *
 * await using scorer = new MultiVectorScorer({ model: "all-MiniLM-L6-v2" });
 * const { scores } = await scorer.score("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores); // One score for each text, in the order of the texts.
 * ```
 */
export class MultiVectorScorer implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "unbounded";
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;
  readonly #path: string | undefined;
  #file: Promise<VectorFile> | undefined;
  readonly #spelling = new TokenSpelling();
  #isDisposed = false;

  constructor(given: MultiVectorScorerOptions) {
    const { maxTokens, vectors, ...options } = requireOptions(
      "MultiVectorScorer",
      given,
      multiVectorScorerOptionRules,
    );
    const { model } = options;
    if (findModel(model)?.kind === "cross-encoder") {
      throw new RetrievalError(
        "model-mismatch",
        `Expected a multi-vector model or a bi-encoder, but ${model} is a cross-encoder: pass it to CrossEncoderReranker.`,
      );
    }
    this.name = canonicalName(model);
    this.#maxTokens = maxTokens;
    this.#path = vectors;
    this.#lease = new ModelLease(options, "tokens", (files) => headOf("tokens", files));
  }

  /**
   * Returns one score for each text, in the order of `texts`. A text has a reason instead of a score if the deadline
   * passed first, or if two workers failed on it.
   *
   * @throws `overloaded` if too many texts are waiting already; the signal's reason if the signal is aborted; with
   * `vectors`, `invalid-input` if there is no such file, `index-damaged` if it was changed, `index-mismatch` if its
   * vectors are those of another model or other options
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<CollectedScores> {
    const given = requireOptions("score", options, scoreOptionRules);
    requireString("query", query);
    requireStrings("texts", texts);
    return collectScores(texts.length, given, (listen, over) =>
      this.#score({ query, texts }, listen, over),
    );
  }

  /**
   * Compares the query with one text, token by token. The vectors are computed in this call, not read from `vectors`.
   *
   * @throws the signal's reason if the signal is aborted
   */
  async explain(
    query: string,
    passage: string,
    options: Pick<ScoreOptions, "signal"> = {},
  ): Promise<TokenMatches> {
    const { signal } = requireOptions("explain", options, { signal: abortSignal });
    requireString("query", query);
    requireString("passage", passage);
    const model = await this.#lease.model();
    const asked = await encodeOne(new TokenEncoder(model, "query"), query, signal);
    const encoder = new TokenEncoder(model, "document", this.#maxTokens);
    const read = await encodeOne(encoder, passage, signal);
    signal?.throwIfAborted();
    if (asked && read) return tokenMatches(asked, read, await this.#spelling.of(model));
    throw new RetrievalError("disposed", `${this.name} was disposed of during a call.`);
  }

  /**
   * Encodes the texts and keeps their vectors in the file `vectors`, which then has those of these texts and no others.
   * Texts that it already has are not encoded again. A passage's text must be the one that `score` will get.
   *
   * @throws `invalid-option` without `vectors`; `index-damaged` if the file is not a file of vectors, or was changed
   */
  async store(texts: readonly string[], options: StoreOptions = {}): Promise<void> {
    const { signal, onProgress } = requireOptions("store", options, storeOptionRules);
    requireStrings("texts", texts);
    const path = this.#path;
    if (path === undefined) {
      throw new RetrievalError(
        "invalid-option",
        "Expected the option `vectors` of the scorer, got none: pass the path of the file to keep.",
      );
    }
    const model = await this.#lease.model();
    const settings = await this.#settings(model);
    const encoder = new TokenEncoder(model, "document", this.#maxTokens);
    await storeVectors(texts, { path, settings, encoder, signal, onProgress });
    await this.#closeFile();
  }

  /** Loads the model if necessary and returns its settings. */
  async info(): Promise<ModelInfo> {
    const info = await (await this.#lease.model()).info();
    return { ...info, maxTokens: this.#maxTokens ?? info.maxTokens };
  }

  /** Ends the workers, unless another instance shares them, and closes the file. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#closeFile();
    await this.#lease.release();
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #score(
    { query, texts }: { readonly query: string; readonly texts: readonly string[] },
    listen: PairListener,
    signal: AbortSignal,
  ): Promise<void> {
    if (texts.length === 0) return;
    const model = await this.#lease.model();
    if (signal.aborted) return;
    const file = await this.#openFile(model);
    if (signal.aborted) return;
    const queryVectors = await encodeOne(new TokenEncoder(model, "query"), query, signal);
    if (!queryVectors) return;
    const indices = new Map<string, number[]>();
    for (const [index, each] of texts.entries()) {
      const equals = indices.get(each);
      if (equals) equals.push(index);
      else indices.set(each, [index]);
    }
    const unique = [...indices.keys()];
    const tell = (passage: string, score: number, truncated: number): void => {
      const truncatedTokens = queryVectors.truncatedTokens + truncated;
      for (const index of indices.get(passage) ?? []) listen(index, { score, truncatedTokens });
    };
    const comparison = new PassageComparison(model, queryVectors, tell);
    const missing: string[] = [];
    for (let start = 0; start < unique.length && !signal.aborted; start += textsAtOnce) {
      const group = unique.slice(start, start + textsAtOnce);
      const saved = (await file?.read(group)) ?? [];
      for (const [place, passage] of group.entries()) {
        const vectors = saved[place];
        if (vectors) comparison.add(passage, vectors);
        else missing.push(passage);
      }
      if (file) await comparison.finish();
    }
    const encoder = new TokenEncoder(model, "document", this.#maxTokens);
    await encoder.encode(missing, {
      signal,
      onVectors: (index, { values, width, truncatedTokens }) => {
        // With a file, a text has the same score whether it is in the file or not.
        const vectors = file ? quantize(values, width) : { values };
        comparison.add(missing[index] ?? "", { ...vectors, truncatedTokens });
      },
      onFailure: (index) => tell(missing[index] ?? "", Number.NaN, 0),
    });
    await comparison.finish();
  }

  /** What the vectors of passages depend on. */
  async #settings(model: OnnxModel): Promise<string> {
    const { fileHash } = await model.info();
    const { settings } = new TokenEncoder(model, "document", this.#maxTokens);
    return JSON.stringify({ model: this.name, fileHash, ...settings });
  }

  async #openFile(model: OnnxModel): Promise<VectorFile | undefined> {
    const path = this.#path;
    if (path === undefined) return undefined;
    if (this.#isDisposed) {
      // Nobody would close the file.
      throw new RetrievalError("disposed", `${this.name} was disposed of during a call.`);
    }
    const opening = (this.#file ??= this.#open(path, model));
    try {
      return await opening;
    } catch (error) {
      if (this.#file === opening) this.#file = undefined; // The next call tries again.
      throw error;
    }
  }

  async #open(path: string, model: OnnxModel): Promise<VectorFile> {
    const file = await VectorFile.open(path);
    try {
      requireSameVectors(file, await this.#settings(model));
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #closeFile(): Promise<void> {
    const opening = this.#file;
    this.#file = undefined;
    await (await opening?.catch(() => undefined))?.close();
  }
}

/** How many texts are read and compared at once. */
const textsAtOnce = 64;
