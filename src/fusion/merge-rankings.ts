import { RetrievalError } from "../errors.ts";
import { byScore } from "../ranking/scored.ts";
import type { Fused, FusedRank, RankedItem, Ranking } from "./fusion.ts";
import type { FusionOptions } from "./fusion-options.ts";

interface MergeOptions<Item> extends FusionOptions {
  /** Returns what each entry of a ranking adds to its document's score, in the order of the entries. */
  readonly contribute: (entries: readonly Item[]) => readonly number[];
}

/** What one ranking adds to the score of each document. */
interface Column<Item extends RankedItem> {
  readonly cells: ReadonlyMap<string, { readonly ranked: FusedRank<Item>; readonly part: number }>;
  /** What it adds to a document that it does not contain. */
  readonly missing: number;
}

/**
 * Adds up the weighted contributions of the rankings to each document; best first, ties by first appearance. A
 * ranking without the document contributes 0, or its lowest contribution if that is below 0: being found never
 * ranks a document below one that was not found.
 */
export function mergeRankings<Item extends RankedItem>(
  rankings: readonly Ranking<Item>[],
  { weights = rankings.map(() => 1), window = Infinity, contribute }: MergeOptions<Item>,
): Fused<Item>[] {
  if (weights.length !== rankings.length) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`weights\` to hold one number for each of the ${rankings.length} rankings, got ${weights.length}: pass one weight for each retriever, in their order, or leave \`weights\` out to count all equally.`,
    );
  }
  const columns = rankings.flatMap((ranking, index): Column<Item>[] => {
    const weight = weights[index] ?? 0;
    if (weight === 0) return [];
    const ranks = ranksOf(ranking, index, window);
    const parts = contribute(ranks.map(({ item }) => item)).map((part) => weight * part);
    const cells = ranks.map(
      (ranked, row) => [ranked.item.id, { ranked, part: parts[row] ?? 0 }] as const,
    );
    return [{ cells: new Map(cells), missing: parts.reduce((a, b) => Math.min(a, b), 0) }];
  });
  const documents = new Map<string, Item>();
  for (const [id, { ranked }] of columns.flatMap(({ cells }) => [...cells])) {
    if (!documents.has(id)) documents.set(id, ranked.item);
  }
  return [...documents]
    .map(([id, item], index) => ({
      item,
      score: sum(columns.map(({ cells, missing }) => cells.get(id)?.part ?? missing)),
      index,
      ranks: columns.flatMap(({ cells }) => cells.get(id)?.ranked ?? []),
    }))
    .toSorted(byScore);
}

function ranksOf<Item extends RankedItem>(
  ranking: Ranking<Item>,
  index: number,
  window: number,
): FusedRank<Item>[] {
  const ranks = new Map<string, FusedRank<Item>>();
  for (const item of ranking) {
    if (ranks.size === window) break;
    requireRankedItem(item, index);
    if (!ranks.has(item.id)) {
      ranks.set(item.id, { ranking: index, rank: ranks.size + 1, item });
    }
  }
  return [...ranks.values()];
}

function requireRankedItem({ id, score }: RankedItem, index: number): void {
  if (typeof id !== "string") {
    throw new RetrievalError(
      "invalid-input",
      `Expected every id of ranking ${index} to be a string, got ${String(id)}.`,
    );
  }
  if (score !== undefined && !Number.isFinite(score)) {
    throw new RetrievalError(
      "invalid-input",
      `Expected the score of ${JSON.stringify(id)} in ranking ${index} to be a finite number, got ${score}.`,
    );
  }
}

/**
 * Adds in ascending order, so that documents with the same contributions tie exactly, whichever rankings they
 * come from.
 */
function sum(parts: readonly number[]): number {
  return parts.toSorted((a, b) => a - b).reduce((total, part) => total + part, 0);
}
