import { errorFunction, linearRegression } from "simple-statistics";
import type { PairScorer, ScoreOptions } from "../ranking/pair-scorer.ts";
import { scoreAll } from "./score-all.ts";

export interface AdaptiveScores {
  readonly scores: Float32Array;
  /** How many texts from the first on were meant to be scored; those behind are unlikely to matter. */
  readonly depth: number;
}

/**
 * Scores texts from the first on, ten at a time, and stops when of all those left less than a fifth of
 * a text is expected to enter the best `places`.
 */
export async function scoreAdaptively(
  scorer: PairScorer,
  { query, texts }: { readonly query: string; readonly texts: readonly string[] },
  { places, deadlineMs = Infinity, onScored, signal }: ScoreOptions & { readonly places: number },
): Promise<AdaptiveScores> {
  const startedAt = performance.now();
  const scores = new Float32Array(texts.length).fill(Number.NaN);
  let depth = 0;
  while (depth < texts.length) {
    const leftMs = deadlineMs - (performance.now() - startedAt);
    if (depth > 0 && leftMs <= 0) return { scores, depth: texts.length };
    const first = depth;
    const slice = texts.slice(first, first + textsAtOnce);
    const pairs = { query, texts: slice };
    const some = await scoreAll(scorer, pairs, {
      signal,
      deadlineMs: leftMs === Infinity ? undefined : Math.max(0, leftMs),
      onScored: (index, score, detail) => onScored?.(first + index, score, detail),
    });
    scores.set(some, first);
    depth += slice.length;
    const seen = scores.subarray(0, depth);
    if (expectedEntrants(seen, { places, total: texts.length }) < mostEntrants) break;
  }
  return { scores, depth };
}

/**
 * How many of the texts not yet scored are expected to enter the best `places`: scores are taken to
 * fall with the logarithm of the first-stage rank, with a normal error, as those seen do. `Infinity`
 * where fewer than twice `places` or 10 scores were seen, since those say little.
 */
export function expectedEntrants(
  seen: Float32Array,
  { places, total }: { readonly places: number; readonly total: number },
): number {
  const points = [...seen].flatMap((score, index): [number, number][] =>
    Number.isFinite(score) ? [[Math.log(index + 1), score]] : [],
  );
  if (points.length < Math.max(2 * places, textsAtOnce)) return Infinity;
  const { slope, intercept, deviation } = fitLine(points);
  const toBeat =
    points.map(([, score]) => score).toSorted((a, b) => b - a)[places - 1] ?? -Infinity;
  let entrants = 0;
  for (let rank = seen.length + 1; rank <= total; rank++) {
    const distance = toBeat - intercept - slope * Math.log(rank);
    entrants += (1 - errorFunction(distance / (deviation * Math.SQRT2 || Number.MIN_VALUE))) / 2;
  }
  return entrants;
}

function fitLine(points: readonly (readonly [number, number])[]): {
  readonly slope: number;
  readonly intercept: number;
  readonly deviation: number;
} {
  const { m: slope, b: intercept } = linearRegression(points.map(([x, y]) => [x, y]));
  const squares = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, deviation: Math.sqrt(squares / (points.length - 2)) };
}

const textsAtOnce = 10;
const mostEntrants = 0.2;
