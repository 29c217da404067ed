import { byScore, type Scored } from "./scored.ts";
import type { ScoringModel } from "./scoring-model.ts";

/** What the stages of a search say about one candidate; ranks count from 1. */
export interface FusionEvidence {
  /** By the bi-encoder; `undefined` if it did not find the candidate. */
  readonly dense?: { readonly rank: number; readonly score: number } | undefined;
  /** By BM25; `undefined` if it did not find the candidate. */
  readonly lexical?: { readonly rank: number; readonly score: number } | undefined;
  /** By the fusion of a hybrid first stage, if there is one. */
  readonly fused?: { readonly rank: number; readonly score: number } | undefined;
  /** By the cross-encoder, on its own scale. */
  readonly rawScore?: number | undefined;
}

/**
 * A number that a fusion reads of a candidate: a stage's score, `1 / (60 + rank)` or 0 if the stage did not
 * find the candidate, or 1 if it did and 0 if not.
 */
export type FusionFeature =
  | "denseScore"
  | "denseReciprocalRank"
  | "denseFound"
  | "lexicalScore"
  | "lexicalReciprocalRank"
  | "lexicalFound"
  | "fusedScore"
  | "rerankScore";

/** How much each feature adds to a candidate's score: its weight times its standardised value. */
export type FusionContributions = Readonly<Partial<Record<FusionFeature, number>>>;

/** The weight of a feature, and how certain it is. */
export interface FusionWeight {
  readonly feature: FusionFeature;
  /** Per standard deviation of the feature among the candidates of a query. */
  readonly weight: number;
  /**
   * Bootstrap interval of the weight over the queries, at 95 %, with the same penalty: a large one makes it narrow.
   * A weight whose interval includes 0 may be chance.
   */
  readonly interval: { readonly low: number; readonly high: number };
}

/** A linear model over the evidence of the stages, as `fitFusion` fits it: plain data, which JSON preserves. */
export interface FittedFusion {
  readonly version: 1;
  readonly weights: readonly FusionWeight[];
  readonly models: {
    /** The cross-encoder; `undefined` if the fusion reads the first stage only. */
    readonly reranker: ScoringModel | undefined;
    /** The bi-encoders of the first stage, as far as they are known. */
    readonly embeddings: readonly ScoringModel[];
  };
  /** The L2 penalty that cross-validation chose. */
  readonly penalty: number;
  /** Number of queries with a relevant candidate, on which it was fitted. */
  readonly queries: number;
  /** How many candidates of each query were requested: use the fusion with about as many. */
  readonly candidateCount: number;
}

/** A candidate with its score by a fusion. The contributions add up to the score. */
export interface FusedEvidence<Item> extends Scored<Item> {
  readonly contributions: FusionContributions;
}

/** For each feature, whether a hybrid retriever has it, and how it is read. */
const features: Readonly<
  Record<
    FusionFeature,
    {
      readonly isFirstStage: boolean;
      /** `undefined` counts as the lowest value among the candidates. */
      readonly read: (evidence: FusionEvidence) => number | undefined;
    }
  >
> = {
  denseScore: { isFirstStage: true, read: ({ dense }) => dense?.score },
  denseReciprocalRank: { isFirstStage: true, read: ({ dense }) => reciprocalRank(dense?.rank) },
  denseFound: { isFirstStage: true, read: ({ dense }) => Number(dense !== undefined) },
  lexicalScore: { isFirstStage: true, read: ({ lexical }) => lexical?.score },
  lexicalReciprocalRank: {
    isFirstStage: true,
    read: ({ lexical }) => reciprocalRank(lexical?.rank),
  },
  lexicalFound: { isFirstStage: true, read: ({ lexical }) => Number(lexical !== undefined) },
  fusedScore: { isFirstStage: false, read: ({ fused }) => fused?.score },
  rerankScore: { isFirstStage: false, read: ({ rawScore }) => rawScore },
};

/** All features, in the order of the stages. */
export const fusionFeatures: readonly FusionFeature[] = [
  "denseScore",
  "denseReciprocalRank",
  "denseFound",
  "lexicalScore",
  "lexicalReciprocalRank",
  "lexicalFound",
  "fusedScore",
  "rerankScore",
];

/** The features that a hybrid retriever has before it fuses. */
export const firstStageFeatures: readonly FusionFeature[] = fusionFeatures.filter(
  (feature) => features[feature].isFirstStage,
);

/**
 * The values of a feature over the candidates of one query, standardised to mean 0 and standard deviation 1; all 0
 * if they are equal. A candidate that the stage did not find would be below its list, so it counts as the lowest
 * score in it.
 */
export function standardizedFeature(
  candidates: readonly FusionEvidence[],
  feature: FusionFeature,
): number[] {
  const read = candidates.map(features[feature].read);
  const known = read.filter((value) => value !== undefined && Number.isFinite(value));
  const lowest = known.reduce<number>((least, value) => Math.min(least, value ?? least), Infinity);
  const values = read.map((value = lowest) => (Number.isFinite(value) ? value : lowest));
  if (values.every((value) => value === values[0])) return values.map(() => 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / values.length);
  // A deviation that underflows carries no information.
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}

/** Orders the candidates of one query by a fusion, best first; ties keep their order. */
export function orderByFusion<Item extends FusionEvidence>(
  candidates: readonly Item[],
  { weights }: Pick<FittedFusion, "weights">,
): FusedEvidence<Item>[] {
  const columns = weights.map(({ feature, weight }) => ({
    feature,
    parts: standardizedFeature(candidates, feature).map((value) => weight * value),
  }));
  return candidates
    .map((item, index) => {
      const parts = columns.map(({ feature, parts: all }) => [feature, all[index] ?? 0] as const);
      const score = parts.reduce((sum, [, part]) => sum + part, 0);
      return { item, index, score, contributions: Object.fromEntries(parts) };
    })
    .toSorted(byScore);
}

/** @see Cormack, Clarke and Büttcher (SIGIR 2009), https://doi.org/10.1145/1571941.1572114 */
function reciprocalRank(rank: number | undefined): number {
  return rank === undefined ? 0 : 1 / (60 + rank);
}
