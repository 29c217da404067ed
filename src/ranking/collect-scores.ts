import { untilAborted, untilDeadline } from "../abort.ts";
import type {
  BestWindow,
  CompletePairScores,
  ScoreOptions,
  UnscoredReason,
} from "./pair-scorer.ts";

/** The result for one pair; the score is `NaN` if two workers failed on it, or on one of its windows. */
export interface PairScore {
  readonly score: number;
  readonly truncatedTokens: number;
  /** The window that has the score, if the text was cut. */
  readonly window?: BestWindow | undefined;
  /** Whether the score was known before the run. */
  readonly isCached?: true | undefined;
}

/** Called once for each pair, with the index of its text. */
export type PairListener = (index: number, pair: PairScore) => void;

/** Scores in typed arrays. */
export interface CollectedScores extends CompletePairScores {
  readonly scores: Float32Array;
  readonly truncatedTokens: Uint32Array;
  /** How many of the scores were known before the call. */
  readonly cached: number;
}

/**
 * Collects the scores of `count` texts as they arrive, until `run` has ended or the deadline has passed. Then the
 * signal that `run` got is aborted, and later scores are ignored.
 *
 * @throws the signal's reason if the signal is aborted; what `onScored` throws
 */
export async function collectScores(
  count: number,
  { signal, deadlineMs, onScored }: ScoreOptions,
  run: (listen: PairListener, over: AbortSignal) => Promise<void>,
): Promise<CollectedScores> {
  signal?.throwIfAborted();
  const scores = new Float32Array(count).fill(Number.NaN);
  const truncatedTokens = new Uint32Array(count);
  const unscored = new Map<number, UnscoredReason>();
  for (let index = 0; index < count; index++) unscored.set(index, "deadline");
  const windows = new Map<number, BestWindow>();
  let cached = 0;
  const result = { scores, truncatedTokens, unscored, windows };
  if (deadlineMs === 0) return { ...result, cached }; // A timer would leave time for some pairs.
  const callback = new AbortController();
  const over = new AbortController();
  const listen: PairListener = (index, pair) => {
    if (over.signal.aborted) return;
    if (!Number.isFinite(pair.score)) {
      unscored.set(index, "error");
      return;
    }
    scores[index] = pair.score;
    truncatedTokens[index] = pair.truncatedTokens;
    if (pair.isCached) cached += 1;
    if (pair.window) windows.set(index, pair.window);
    unscored.delete(index);
    try {
      onScored?.(index, pair.score);
    } catch (error) {
      callback.abort(error);
    }
  };
  try {
    const ended = untilAborted(untilDeadline(run(listen, over.signal), deadlineMs), signal);
    await untilAborted(ended, callback.signal);
  } finally {
    over.abort();
  }
  return { ...result, cached };
}
