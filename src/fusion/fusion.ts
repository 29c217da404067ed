import type { Scored } from "../ranking/scored.ts";

/** An entry of a ranking; entries with the same `id` are the same document, in all rankings. */
export interface RankedItem {
  readonly id: string;
  /** Higher is better. Required by fusions that add scores, not by those that use ranks only. */
  readonly score?: number | undefined;
}

/** What one retriever found, best first. If an id occurs twice, its best rank counts. */
export type Ranking<Item extends RankedItem> = readonly Item[];

/** The position of a document in one ranking. */
export interface FusedRank<Item extends RankedItem> {
  /** Index of the ranking in the caller's list. */
  readonly ranking: number;
  /** From 1; repeated ids are skipped and not counted. */
  readonly rank: number;
  /** The entry of that ranking, with its score there. */
  readonly item: Item;
}

/**
 * A document of the fused list. `item` is its first entry in the rankings; `index` is its position in the order
 * of first appearance, which breaks ties.
 */
export interface Fused<Item extends RankedItem> extends Scored<Item> {
  /** Its position in every ranking that contains it, in the order of the rankings; at least one. */
  readonly ranks: readonly FusedRank<Item>[];
}

/** A way to merge rankings into one; a retriever can hold it as an option. */
export interface Fusion {
  /** The method's name in a document's provenance. */
  readonly method: string;
  /**
   * Merges the rankings, best first; ties keep the order of first appearance, ranking by ranking. The input is
   * not changed.
   *
   * @throws RetrievalError `invalid-option` if the number of weights differs from the number of rankings;
   * `invalid-input` if an id is not a string, a score is not finite, or a required score is missing.
   */
  fuse<Item extends RankedItem>(rankings: readonly Ranking<Item>[]): Fused<Item>[];
}
