import { toRelevance } from "../ranking/relevance.ts";

/** How the scores of one ranking are mapped to a scale that all rankings share. */
export type ScoreNormalization = "min-max" | "z-score" | "distribution" | "rank";

/** Each function takes finite scores, best first, and returns one finite number for each. */
export const scoreNormalizations: Readonly<
  Record<ScoreNormalization, (scores: readonly number[]) => number[]>
> = {
  "min-max": (scores) => toRelevance(withinOne(scores), "unbounded"),
  "z-score": (scores) => standardize(scores, scores.length),
  distribution: (scores) => standardize(scores, scores.length - 1).map((z) => (z + 3) / 6),
  rank: (scores) => scores.map((_, index) => (scores.length - index) / scores.length),
};

/**
 * Distances from the mean in standard deviations; 0 if all scores are equal, which rounding errors could hide.
 */
function standardize(scores: readonly number[], degreesOfFreedom: number): number[] {
  if (scores.every((score) => score === scores[0])) return scores.map(() => 0);
  const scaled = withinOne(scores);
  const mean = scaled.reduce((total, score) => total + score, 0) / scaled.length;
  const squares = scaled.reduce((total, score) => total + (score - mean) ** 2, 0);
  return scaled.map((score) => (score - mean) / Math.sqrt(squares / degreesOfFreedom));
}

/** Divides by the largest magnitude, so that differences and squares neither overflow nor underflow. */
function withinOne(scores: readonly number[]): number[] {
  const largest = scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  return largest === 0 ? [...scores] : scores.map((score) => score / largest);
}
