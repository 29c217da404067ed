import type { OnnxModel } from "../model/onnx-model.ts";
import { packPair } from "../model/tokens/packing.ts";

/** A query and texts to be read with it, in a window of `maxTokens` or the model's own. */
export interface Pairs {
  readonly query: string;
  readonly texts: readonly string[];
  readonly maxTokens: number | undefined;
}

/** What a model says of one pair; a score of `NaN` where two workers failed on it. */
export interface PairScore {
  readonly score: number;
  readonly truncatedTokens: number;
}

/** Gets each pair's score once, by the index of its text. */
export type PairListener = (index: number, pair: PairScore) => void;

/** Scores of texts that need not be scored again, by the index of the text. */
export interface KnownScores {
  get(index: number): PairScore | undefined;
  set(index: number, pair: PairScore): void;
}

/** One watcher's view of a scoring run. */
export interface WatchedRun {
  /** Settles when every text has its score or failed. */
  readonly done: Promise<void>;
  /** Ends the view; where nobody else watches, the run ends. */
  readonly leave: () => void;
}

/**
 * Scores the texts of one query with a model, for any number of watchers, as long as one of them watches.
 * Equal texts are scored once, and texts with a known score not at all.
 */
export class ScoringRun {
  readonly done: Promise<void>;
  readonly #scores = new Map<number, PairScore>();
  readonly #listeners = new Set<PairListener>();
  readonly #abandoned = new AbortController();

  constructor(model: OnnxModel, pairs: Pairs, known?: KnownScores) {
    this.done = this.#run(model, pairs, known);
    this.done.catch(() => undefined); // Watchers get the error.
  }

  /** Whether nobody watches any more, so that the remaining texts will not be scored. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Tells `listen` the scores so far and those to come. */
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
    { query, texts, maxTokens }: Pairs,
    known: KnownScores | undefined,
  ): Promise<void> {
    const packing = model.packing(maxTokens);
    const missing = new Map<string, number[]>();
    for (const [index, text] of texts.entries()) {
      const pair = known?.get(index);
      const equals = missing.get(text);
      if (pair) this.#tell([index], pair);
      else if (equals) equals.push(index);
      else missing.set(text, [index]);
    }
    const indices = [...missing.values()];
    await model.run({
      query,
      texts: [...missing.keys()],
      signal: this.#abandoned.signal,
      tokenCache: known && model.tokenCache,
      pack: (text, packedQuery) => packPair(packedQuery, text, packing),
      onRow: (place, row, { truncatedTokens }) => {
        const [first = place, ...others] = indices[place] ?? [];
        const pair = { score: logitOf(row), truncatedTokens };
        if (Number.isFinite(pair.score)) known?.set(first, pair);
        this.#tell([first, ...others], pair);
      },
      onFailure: (place) =>
        this.#tell(indices[place] ?? [], { score: Number.NaN, truncatedTokens: 0 }),
    });
  }

  #tell(indices: readonly number[], pair: PairScore): void {
    for (const index of indices) {
      this.#scores.set(index, pair);
      for (const listen of this.#listeners) listen(index, pair);
    }
  }
}

/** One label is the logit itself; of two, the second says relevant: sigmoid of the difference is its softmax. */
function logitOf(row: Float32Array): number {
  const [first = Number.NaN, second] = row;
  return second === undefined ? first : second - first;
}
