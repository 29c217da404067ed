import { blendScores } from "../../ranking/blend-scores.ts";
import type { ScoreScale } from "../../ranking/pair-scorer.ts";
import { toRelevance } from "../../ranking/relevance.ts";
import { byScore } from "../../ranking/scored.ts";
import type { PoolDocument } from "./pool.ts";
import type { SweepSettings } from "./sweep-result.ts";

/**
 * The documents of a pool in the order in which `TwoStageRetriever.search` gives them with these
 * settings, with a `k` of the `candidateCount` and no `minDocuments`: ties keep the first stage's
 * order, what has no finite score stands behind the others, and the threshold leaves it there.
 */
export function rankPool(
  documents: readonly PoolDocument[],
  { candidateCount, blend, scoreThreshold }: SweepSettings,
  scale: ScoreScale,
): PoolDocument[] {
  if (candidateCount === undefined) return [...documents];
  const candidates = documents.slice(0, candidateCount);
  const relevance = toRelevance(
    candidates.map(({ rawScore = Number.NaN }) => rawScore),
    scale,
  );
  const ranked = candidates
    .map((item, index) => ({ item, index, score: item.rawScore ?? -Infinity }))
    .toSorted(byScore);
  const scored = ranked.flatMap(({ item: { rawScore, firstScore }, index }) =>
    rawScore === undefined ? [] : [{ rawScore, firstScore, index }],
  );
  const scores = blend === 1 ? scored.map(({ rawScore }) => rawScore) : blendScores(scored, blend);
  const places = [
    ...scored
      .map(({ index: item }, index) => ({ item, index, score: scores[index] ?? 0 }))
      .toSorted(byScore)
      .map(({ item }) => item),
    ...ranked.filter(({ item }) => item.rawScore === undefined).map(({ index }) => index),
  ];
  return places.flatMap((place) => {
    const document = candidates[place];
    if (document === undefined) return [];
    const isKept =
      scoreThreshold === undefined ||
      document.rawScore === undefined ||
      (relevance[place] ?? 0) >= scoreThreshold;
    return isKept ? [document] : [];
  });
}
