import type { PairCost } from "../../model/queue/row-cost.ts";
import type { Pool, ScoredPools } from "./pool.ts";

/** Ten tokens' worth of work beside the tokens of a pair: about what MiniLM takes on a CPU. */
const usualCost: PairCost = { fixedMs: 1, perTokenMs: 0.1 };

/** English has about four characters to a token. */
const charactersPerToken = 4;

/**
 * Milliseconds of each query at a depth, in the order of the pools: those of its first stage, and those
 * of reranking the whole pool shared out by what each pair costs for its tokens, estimated from
 * characters. Without `cost` what the scorer measured is taken, else 1 ms and 0.1 ms a token.
 */
export function foretellLatency(
  { pools, queries, scorer }: ScoredPools,
  candidateCount: number | undefined,
  cost: PairCost = scorer.cost ?? usualCost,
): number[] {
  return [...pools].map(([query, pool]) => {
    if (candidateCount === undefined) return pool.firstStageMs;
    const queryCharacters = queries.get(query)?.length ?? 0;
    const share = shareOf(pool, { candidateCount, queryCharacters, cost, most: scorer.maxTokens });
    return pool.firstStageMs + pool.rerankMs * share;
  });
}

/** In 0..1: what the first candidates cost of what all of them do. */
function shareOf(
  { documents }: Pool,
  {
    candidateCount,
    queryCharacters,
    cost: { fixedMs, perTokenMs },
    most = Infinity,
  }: {
    readonly candidateCount: number;
    readonly queryCharacters: number;
    readonly cost: PairCost;
    readonly most: number | undefined;
  },
): number {
  if (candidateCount >= documents.length) return 1;
  const costs = documents.map(({ characters, truncatedTokens }) => {
    const estimated = (queryCharacters + characters) / charactersPerToken;
    const seen = Math.max(1, estimated - truncatedTokens);
    // What was cut off fills the window.
    const tokens = truncatedTokens > 0 && most < Infinity ? most : Math.min(most, seen);
    return fixedMs + perTokenMs * tokens;
  });
  const all = sum(costs);
  return all > 0 ? sum(costs.slice(0, candidateCount)) / all : candidateCount / documents.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
