import { reachesThreshold } from "../../documents/provenance.ts";
import { type Blend, orderByBlend } from "../../ranking/blend-scores.ts";
import type { ScoreScale } from "../../ranking/pair-scorer.ts";
import { toRelevance } from "../../ranking/relevance.ts";
import { orderByScore } from "../../ranking/scored.ts";
import type { PoolDocument } from "./pool.ts";
import type { SweepSettings } from "./sweep-result.ts";

/** Settings of a sweep, or with a fusion in place of the blend weight. */
export type RankSettings = Omit<SweepSettings, "blend"> & { readonly blend: Blend };

/**
 * Ranks the documents of a pool as `TwoStageRetriever.search` does with these settings, with `k` equal to
 * `candidateCount` and no `minDocuments`: ties keep the first-stage order; documents without a finite score go
 * last, and the threshold does not drop them.
 */
export function rankPool(
  documents: readonly PoolDocument[],
  { candidateCount, blend, scoreThreshold }: RankSettings,
  scale: ScoreScale,
): PoolDocument[] {
  if (candidateCount === undefined) return [...documents];
  const candidates = documents.slice(0, candidateCount);
  const relevance = toRelevance(
    candidates.map(({ rawScore = Number.NaN }) => rawScore),
    scale,
  );
  const ranked = orderByScore(candidates.map(({ rawScore }) => rawScore)).flatMap((index) => {
    const document = candidates[index];
    return document ? [{ document, relevance: relevance[index] ?? 0 }] : [];
  });
  const scored = ranked.flatMap(({ document, ...rest }) =>
    document.rawScore === undefined
      ? []
      : [{ ...document, rawScore: document.rawScore, document, ...rest }],
  );
  const ordered = blend === 1 ? scored : orderByBlend(scored, blend).map(({ item }) => item);
  const unscored = ranked.filter(({ document }) => document.rawScore === undefined);
  return [...ordered, ...unscored]
    .filter(
      ({ document: { rawScore }, relevance: score }) =>
        scoreThreshold === undefined ||
        reachesThreshold(
          rawScore === undefined ? { scored: false, reason: "error" } : { scored: true, score },
          scoreThreshold,
        ),
    )
    .map(({ document }) => document);
}
