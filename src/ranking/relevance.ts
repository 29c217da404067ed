import type { ScoreScale } from "./pair-scorer.ts";

/** The logistic function in double precision, exact at both ends: 0 at -Infinity, 1 at +Infinity. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * Maps raw scores to `relevanceScore` in 0..1: a logit by the sigmoid, a probability unchanged, an unbounded
 * score by min-max over the finite scores of this list (1 if all are equal). A score that is not finite becomes
 * 0.
 */
export function toRelevance(scores: Iterable<number>, scale: ScoreScale): number[] {
  const raw = [...scores];
  const finite = raw.filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const range = finite.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  return raw.map((score) => {
    if (!Number.isFinite(score)) return 0;
    if (scale === "logit") return sigmoid(score);
    if (scale === "probability") return score;
    return range > 0 ? (score - least) / range : 1;
  });
}

/**
 * The score of one label is its logit. Of two labels the second means "relevant": the sigmoid of the difference
 * equals the softmax.
 */
export function logitOf(row: ArrayLike<number>): number {
  const { 0: first = Number.NaN, 1: second } = row;
  return second === undefined ? first : second - first;
}
