import type { Interval } from "../comparison/bootstrap-interval.ts";
import type { MeasureComparison } from "../comparison/compare-measure.ts";
import type { Configuration } from "../gate/configuration.ts";
import type { Admission } from "./admission.ts";
import type { Agreement } from "./agreement.ts";
import type { BakeOffEntry } from "./entries.ts";

/** An entry that no other admitted one beats: each cheaper one ranks worse. */
export interface FrontEntry extends BakeOffEntry {
  /** Of the mean of the deciding measure. */
  readonly interval: Interval;
  /** This entry minus the best one; the p value is not corrected for other comparisons. */
  readonly comparison: MeasureComparison;
}

/** Two rerankers, each at its best, compared by the deciding measure. */
export interface RerankerComparison {
  readonly baseline: BakeOffEntry;
  readonly challenger: BakeOffEntry;
  readonly comparison: MeasureComparison;
  /** The p value after Holm's correction for all comparisons of the bake-off. */
  readonly adjustedPValue: number;
  readonly isSignificant: boolean;
}

/** What a bake-off found. */
export interface BakeOffResult {
  /** Names of the measures; the first one decides. */
  readonly measures: readonly string[];
  /** Number of judged queries. */
  readonly queries: number;
  /** Every combination, cheapest first. */
  readonly entries: readonly BakeOffEntry[];
  /** Whether each reranker improves each first stage; those that do not are not recommended. */
  readonly admissions: readonly Admission[];
  /** The admitted entries within the limits that no other one beats, cheapest first. */
  readonly front: readonly FrontEntry[];
  /** The admitted entry with the highest mean within the limits. */
  readonly best: FrontEntry | undefined;
  /** The cheapest entry of the front that is not significantly worse than `best`. */
  readonly recommended: FrontEntry | undefined;
  /**
   * How many more judged queries would settle whether `best` is better than `recommended`, and whether a reranker that
   * was not admitted helps; 0 if both are settled.
   */
  readonly missingQueries: number;
  /**
   * The comparison of each pair of rerankers, and of each with no reranking, at their best within
   * the limits; without cascades.
   */
  readonly comparisons: readonly RerankerComparison[];
  /** For each pair of rerankers. */
  readonly agreements: readonly Agreement[];
  /** The recommendation, as `TwoStageRetriever.fromConfiguration` takes it. */
  readonly configuration: Configuration;
  /** Why a query without judgements has no pool, by its id. */
  readonly failures: ReadonlyMap<string, string>;
}
