import type { Scored } from "../ranking/scored.ts";

/** An entry of a ranking; entries with the same `id` are the same document, in whichever ranking. */
export interface RankedItem {
  readonly id: string;
  /** Higher is better; needed by fusions that add scores, not by those that only look at ranks. */
  readonly score?: number | undefined;
}

/** What one retriever found, best first. An id counts once, at its best rank. */
export type Ranking<Item extends RankedItem> = readonly Item[];

/** Where a ranking held a document. */
export interface FusedPlace<Item extends RankedItem> {
  /** Index of the ranking among those that were passed. */
  readonly ranking: number;
  /** Counts from 1; later entries with an id seen before are skipped and not counted. */
  readonly rank: number;
  /** The entry of that ranking, with the score it had there. */
  readonly item: Item;
}

/**
 * A document of the fused list: `item` is the entry in which it was first found, `index` its place
 * in the order of first appearance, by which equal scores are ordered.
 */
export interface Fused<Item extends RankedItem> extends Scored<Item> {
  /** Every place it came from, in the order of the rankings; at least one. */
  readonly places: readonly FusedPlace<Item>[];
}

/** A way to merge rankings into one: a value that a retriever can hold. */
export interface Fusion {
  /** Its name in the provenance of a document. */
  readonly method: string;
  /**
   * Merges the rankings, best first; ties stand in the order of first appearance, ranking by ranking.
   * Nothing that is passed is changed.
   *
   * @throws RetrievalError `invalid-option` where the weights do not match the rankings one by one,
   * `invalid-input` for an id that is no text, or a score that is not finite or missing where it is needed.
   */
  fuse<Item extends RankedItem>(rankings: readonly Ranking<Item>[]): Fused<Item>[];
}
