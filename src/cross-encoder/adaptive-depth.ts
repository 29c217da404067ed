import { errorFunction, linearRegression } from "simple-statistics";
import { RetrievalError } from "../errors.ts";
import { addUsage, type ModelUsage } from "../ranking/model-usage.ts";
import {
  scoreTexts,
  type BestWindow,
  type CheckedPairScores,
  type PairScorer,
  type ScoreOptions,
  type ScorerIdentity,
  type UnscoredReason,
} from "../ranking/pair-scorer.ts";

/**
 * Scores texts in their order, ten at a time. Stops when less than a fifth of a text is expected to enter the
 * best `ranks` among all remaining texts; the remaining texts are marked `unlikely`. If another scorer gives the
 * scores from some text on, all texts are scored again in one call: scores of two scorers cannot be compared.
 *
 * @throws RetrievalError `invalid-option` if the scorer has stages: it chooses by itself which texts its later
 * stages read
 */
export async function scoreAdaptively(
  scorer: PairScorer,
  query: string,
  texts: readonly string[],
  {
    ranks,
    deadlineMs = Infinity,
    ...control
  }: Omit<ScoreOptions, "onScored"> & { readonly ranks: number },
): Promise<CheckedPairScores> {
  const startedAt = performance.now();
  const scores = new Float64Array(texts.length).fill(Number.NaN);
  const truncatedTokens = new Uint32Array(texts.length);
  const unscored = new Map<number, UnscoredReason>();
  const windows = new Map<number, BestWindow>();
  let usage: ModelUsage | undefined;
  let failure: Error | undefined;
  let cached = 0;
  let depth = 0;
  let scoredBy: ScorerIdentity = scorer;
  let reason: UnscoredReason = "unlikely";
  while (depth < texts.length) {
    const leftMs = deadlineMs - (performance.now() - startedAt);
    if (depth > 0 && leftMs <= 0) {
      reason = "deadline";
      break;
    }
    const slice = texts.slice(depth, depth + textsAtOnce);
    const options = {
      ...control,
      deadlineMs: leftMs === Infinity ? undefined : Math.max(0, leftMs),
    };
    const some = await scoreTexts(scorer, query, slice, options);
    if (some.stages.length > 0) {
      throw new RetrievalError(
        "invalid-option",
        `Expected no \`adaptiveDepth\` with ${scorer.name}: a cascade needs all texts at once to choose those that its next scorer reads.`,
      );
    }
    usage = addUsage(usage, some.usage);
    cached += some.cached ?? 0;
    if (depth > 0 && !isSame(some.scoredBy, scoredBy)) {
      const anew = await scoreTexts(scorer, query, texts, options);
      return { ...anew, usage: addUsage(usage, anew.usage) };
    }
    if (some.failure) {
      failure = depth === 0 ? some.failure : undefined;
      reason = "error";
      break;
    }
    ({ scoredBy } = some);
    scores.set(Array.from(some.scores), depth);
    truncatedTokens.set(some.truncatedTokens, depth);
    for (const [index, why] of some.unscored) unscored.set(depth + index, why);
    for (const [index, window] of some.windows) windows.set(depth + index, window);
    depth += slice.length;
    const seen = scores.subarray(0, depth);
    if (expectedEntrants(seen, { ranks, total: texts.length }) < mostEntrants) break;
  }
  for (let index = depth; index < texts.length; index += 1) unscored.set(index, reason);
  const { name, scale } = scoredBy;
  return {
    scores,
    truncatedTokens,
    unscored,
    windows,
    scoredBy: { name, scale },
    stages: [],
    usage,
    failure,
    cached: cached || undefined,
  };
}

/** A limit on calls holds for each call of `score`, and several would exceed it. */
export function refuseBudget({ name, hasBudget }: PairScorer): void {
  if (hasBudget !== true) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected no \`adaptiveDepth\` with ${name}, which has a limit on calls or tokens: adaptive depth asks a scorer several times for a query.`,
  );
}

function isSame(one: ScorerIdentity, other: ScorerIdentity): boolean {
  return one.name === other.name && one.scale === other.scale;
}

/**
 * How many of the texts not yet scored are expected to enter the best `ranks`. The model: scores fall with the
 * logarithm of the first-stage rank, with normally distributed errors, both fitted to the scores seen so far.
 * `Infinity` if fewer than twice `ranks` or fewer than 10 scores were seen, which is too few to fit.
 */
export function expectedEntrants(
  seen: Float64Array,
  { ranks, total }: { readonly ranks: number; readonly total: number },
): number {
  const points = [...seen].flatMap((score, index): [number, number][] =>
    Number.isFinite(score) ? [[Math.log(index + 1), score]] : [],
  );
  if (points.length < Math.max(2 * ranks, textsAtOnce)) return Infinity;
  const { slope, intercept, deviation } = fitLine(points);
  const toBeat = points.map(([, score]) => score).toSorted((a, b) => b - a)[ranks - 1] ?? -Infinity;
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
