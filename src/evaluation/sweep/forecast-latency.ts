import type { PairCost } from "../../model/queue/row-cost.ts";
import type { Pool, PoolDocument, PoolScorer, ScoredPools } from "./pool.ts";

/** A fixed cost of ten tokens per pair: about what MiniLM takes on a CPU. */
const usualCost: PairCost = { fixedMs: 1, perTokenMs: 0.1 };

/** English has about four characters per token. */
const charactersPerToken = 4;

/**
 * Estimates the milliseconds of each query at a depth, in the order of the pools: those of its first stage,
 * plus a share of the time for reranking the whole pool. The share follows from each pair's cost by its tokens,
 * which are estimated from characters. Without `cost`, the scorer's own measurement is used, or else 1 ms and
 * 0.1 ms per token.
 */
export function forecastLatency(
  { pools, queries, scorer }: ScoredPools,
  candidateCount: number | undefined,
  cost: PairCost | undefined = scorer.cost,
): number[] {
  return [...pools].map(([query, pool]) => {
    if (candidateCount === undefined) return pool.firstStageMs;
    const queryCharacters = queries.get(query)?.length ?? 0;
    const share = shareOf(pool, { candidateCount, queryCharacters, cost, scorer });
    return pool.firstStageMs + pool.rerankMs * share;
  });
}

/** The share of the first candidates in the cost of all candidates, in 0..1. */
function shareOf(
  { documents }: Pool,
  {
    candidateCount,
    ...costs
  }: { readonly candidateCount: number } & Parameters<typeof expectedCosts>[1],
): number {
  if (candidateCount >= documents.length) return 1;
  const each = expectedCosts(documents, costs);
  const all = sum(each);
  return all > 0 ? sum(each.slice(0, candidateCount)) / all : candidateCount / documents.length;
}

/** What scoring each document costs, in milliseconds of one worker, estimated from its characters. */
export function expectedCosts(
  documents: readonly Pick<PoolDocument, "characters" | "truncatedTokens" | "windows">[],
  {
    queryCharacters,
    scorer: { maxTokens: most = Infinity, window, cost: measured },
    cost: { fixedMs, perTokenMs } = measured ?? usualCost,
  }: {
    readonly queryCharacters: number;
    readonly scorer: Pick<PoolScorer, "maxTokens" | "window" | "cost">;
    readonly cost?: PairCost | undefined;
  },
): number[] {
  return documents.map(({ characters, truncatedTokens, windows = 1 }) => {
    const estimated = (windows * queryCharacters + characters) / charactersPerToken;
    const seen = Math.max(1, estimated + (windows - 1) * (window?.stride ?? 0) - truncatedTokens);
    // A truncated text fills its windows.
    const isFull = truncatedTokens > 0 && most < Infinity;
    const tokens = isFull ? windows * most : Math.min(windows * most, seen);
    return windows * fixedMs + perTokenMs * tokens;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
