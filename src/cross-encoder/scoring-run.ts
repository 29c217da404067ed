import type { OnnxModel } from "../model/onnx-model.ts";
import type { PairListener, PairScore } from "../ranking/collect-scores.ts";
import { packPair } from "../model/tokens/packing.ts";
import type { Windowing } from "../model/tokens/text-windows.ts";
import { logitOf } from "../ranking/relevance.ts";
import { BestWindows } from "./best-windows.ts";
import { cutBeside } from "./window-options.ts";

/** A query and the texts to score with it, in a window of `maxTokens` or the model's own. */
export interface Pairs {
  readonly query: string;
  readonly texts: readonly string[];
  /** For a model that reads one. */
  readonly instruction: string | undefined;
  readonly maxTokens: number | undefined;
  /** How to cut texts that do not fit; `undefined` truncates them. */
  readonly window: Windowing | undefined;
}

/** Scores known before the run, by the index of the text. */
export interface KnownScores {
  get(index: number): PairScore | undefined;
  /** Ignores a failed score. */
  set(index: number, pair: PairScore): void;
}

/** One watcher's view of a scoring run. */
export interface WatchedRun {
  /** Settles when every text has a score or has failed. */
  readonly done: Promise<void>;
  /** Stops watching; the run ends when nobody watches it. */
  readonly leave: () => void;
}

/**
 * Scores the texts of one query for any number of watchers, and stops when the last one leaves. Equal texts are
 * scored once; texts with a known score are not scored again.
 */
export class ScoringRun {
  readonly done: Promise<void>;
  readonly #scores = new Map<number, PairScore>();
  readonly #listeners = new Set<PairListener>();
  readonly #abandoned = new AbortController();

  constructor(model: OnnxModel, pairs: Pairs, known?: KnownScores) {
    this.done = this.#run(model, pairs, known);
    this.done.catch(() => undefined); // Each watcher gets the error.
  }

  /** Whether all watchers have left, so that the remaining texts will not be scored. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Calls `listen` for the scores so far and for those to come. */
  watch(listen: PairListener): WatchedRun {
    for (const [index, pair] of this.#scores) listen(index, pair);
    this.#listeners.add(listen);
    const leave = (): void => {
      this.#listeners.delete(listen);
      if (this.#listeners.size === 0) this.#abandoned.abort();
    };
    return { done: this.done, leave };
  }

  async #run(
    model: OnnxModel,
    { query, texts, instruction, maxTokens, window }: Pairs,
    known: KnownScores | undefined,
  ): Promise<void> {
    const packing = model.packing(maxTokens);
    const prompt = model.framing.prompt(query, instruction);
    const best = new BestWindows();
    const missing = new Map<string, number[]>();
    for (const [index, text] of texts.entries()) {
      const pair = known?.get(index);
      const equals = missing.get(text);
      if (pair) this.#tell([index], { ...pair, isCached: true });
      else if (equals) equals.push(index);
      else missing.set(text, [index]);
    }
    const indices = [...missing.values()];
    await model.run({
      query: prompt?.opening ?? model.settings.defaultPrompt + query,
      lead: prompt?.lead,
      closing: prompt?.closing,
      texts: [...missing.keys()],
      signal: this.#abandoned.signal,
      tokenCache: known && model.tokenCache,
      pack: (text, opening, closing) => packPair(opening, text, packing, closing),
      cut: window && cutBeside(window, packing, prompt?.lead),
      onRow: (position, row, { truncatedTokens }, rowWindow) => {
        const [first = position, ...others] = indices[position] ?? [];
        const own = { score: logitOf(row), truncatedTokens };
        const pair = rowWindow ? best.add(position, own, rowWindow) : own;
        if (!pair) return;
        known?.set(first, pair);
        this.#tell([first, ...others], pair);
      },
      onFailure: (position) =>
        this.#tell(indices[position] ?? [], { score: Number.NaN, truncatedTokens: 0 }),
    });
  }

  #tell(indices: readonly number[], pair: PairScore): void {
    for (const index of indices) {
      this.#scores.set(index, pair);
      for (const listen of this.#listeners) listen(index, pair);
    }
  }
}
