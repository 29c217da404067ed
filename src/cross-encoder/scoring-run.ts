import type { PairScore } from "./score-cache.ts";

/** Gets each pair's score once, by the place of its text. */
export type PairListener = (place: number, score: PairScore) => void;

/** A run as one of those sees it who watch it. */
export interface WatchedRun {
  /** Settles when every text was scored or failed. */
  readonly done: Promise<void>;
  /** Nothing more is told; where nobody else watches, the run ends. */
  readonly leave: () => void;
}

/**
 * The scoring of one query's texts, which any number of callers watch. It goes on as long as one of
 * them does: the others may leave when they like.
 */
export class ScoringRun {
  readonly done: Promise<void>;
  readonly #scores = new Map<number, PairScore>();
  readonly #listeners = new Set<PairListener>();
  readonly #abandoned = new AbortController();

  /** `score` tells each pair's score as it arrives, and stops once the signal is aborted. */
  constructor(score: (onPair: PairListener, signal: AbortSignal) => Promise<void>) {
    this.done = score((place, pair) => {
      this.#scores.set(place, pair);
      for (const listen of this.#listeners) listen(place, pair);
    }, this.#abandoned.signal);
    this.done.catch(() => undefined); // Those who watch are told.
  }

  /** Whether nobody watches any more, so that what is left will not be scored. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Tells `listen` what is known already and what comes. */
  watch(listen: PairListener): WatchedRun {
    for (const [place, pair] of this.#scores) listen(place, pair);
    this.#listeners.add(listen);
    const leave = (): void => {
      this.#listeners.delete(listen);
      if (this.#listeners.size === 0) this.#abandoned.abort();
    };
    return { done: this.done, leave };
  }
}
