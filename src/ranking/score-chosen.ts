import {
  scoreTexts,
  type BestWindow,
  type CheckedPairScores,
  type PairScorer,
  type ScoreOptions,
} from "./pair-scorer.ts";

/** The scores of some of the texts, as columns in the order of all texts. */
export type ChosenScores = Omit<CheckedPairScores, "scores" | "stages"> & {
  readonly scores: Float64Array;
};

/** Texts, and the indices of those to score, in the order in which the scorer gets them. */
export interface Choice {
  readonly query: string;
  readonly texts: readonly string[];
  readonly chosen: readonly number[];
}

/** Scores the chosen texts; without any, the scorer is not called. */
export async function scoreChosen(
  scorer: PairScorer,
  { query, texts, chosen }: Choice,
  { onScored, ...control }: ScoreOptions,
): Promise<ChosenScores> {
  const scores = new Float64Array(texts.length).fill(Number.NaN);
  const truncatedTokens = new Uint32Array(texts.length);
  const { name, scale } = scorer;
  const none = new Map<never, never>();
  if (chosen.length === 0) {
    return { scores, truncatedTokens, unscored: none, windows: none, scoredBy: { name, scale } };
  }
  const indexOf = (place: number): number => chosen[place] ?? place;
  const given = await scoreTexts(
    scorer,
    query,
    chosen.map((index) => texts[index] ?? ""),
    { ...control, onScored: onScored && ((place, score) => onScored(indexOf(place), score)) },
  );
  for (const [place, index] of chosen.entries()) {
    scores[index] = given.scores[place] ?? Number.NaN;
    truncatedTokens[index] = given.truncatedTokens[place] ?? 0;
  }
  const placed = <Value>(values: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> =>
    new Map(Array.from(values, ([place, value]) => [indexOf(place), value]));
  return {
    scores,
    truncatedTokens,
    unscored: placed(given.unscored),
    windows: placed<BestWindow>(given.windows),
    scoredBy: given.scoredBy,
    usage: given.usage,
    failure: given.failure,
    cached: given.cached,
  };
}
