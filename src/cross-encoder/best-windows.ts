import type { RowWindow } from "../model/queue/scheduled-call.ts";
import type { PairScore } from "../ranking/collect-scores.ts";

/** Keeps the best window of each cut text until all its windows are scored. */
export class BestWindows {
  readonly #best = new Map<number, { readonly pair: PairScore; readonly scored: number }>();

  /**
   * Adds a window of the text at `index`; returns the text's result once it has all windows. Of equal scores the
   * first window in the text counts, whichever came first. One window without a finite score leaves the text
   * without one.
   */
  add(
    index: number,
    { score, truncatedTokens }: PairScore,
    { window: { start, end }, windows, lostTokens }: RowWindow,
  ): PairScore | undefined {
    const { pair: earlier, scored } = this.#best.get(index) ?? { pair: undefined, scored: 0 };
    const pair = {
      score,
      truncatedTokens: truncatedTokens + lostTokens,
      window: { start, end, windows: windows.length },
    };
    const better = earlier && isBetter(earlier, pair) ? earlier : pair;
    if (scored + 1 === windows.length) return better;
    this.#best.set(index, { pair: better, scored: scored + 1 });
    return undefined;
  }
}

function isBetter(a: PairScore, b: PairScore): boolean {
  if (!Number.isFinite(a.score) || !Number.isFinite(b.score)) return !Number.isFinite(a.score);
  if (a.score !== b.score) return a.score > b.score;
  return (a.window?.start ?? 0) < (b.window?.start ?? 0);
}
