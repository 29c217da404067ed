import { sum } from "simple-statistics";
import type { PairCost } from "../../model/queue/row-cost.ts";
import type { PoolDocument, PoolScorer, ScoredPools } from "./pool.ts";

/** A fixed cost of ten tokens per pair: about what MiniLM takes on a CPU. */
const usualCost: PairCost = { fixedMs: 1, perTokenMs: 0.1 };

/** English has about four characters per token. */
const charactersPerToken = 4;

/**
 * Estimates the milliseconds of each query at a depth, in the order of the pools: those of its first stage,
 * plus those for reranking its first candidates. Without `cost`, the scorer's own measurement is used, or else 1 ms and
 * 0.1 ms per token.
 */
export function forecastLatency(
  { pools, queries, scorer }: ScoredPools,
  candidateCount: number | undefined,
  cost: PairCost | undefined = scorer.cost,
): number[] {
  return [...pools].map(([query, { documents, firstStageMs, rerankMs }]) => {
    if (candidateCount === undefined) return firstStageMs;
    const queryCharacters = queries.get(query)?.length ?? 0;
    const whole = { documents, milliseconds: rerankMs };
    const first = [...documents.keys()].slice(0, candidateCount);
    return firstStageMs + timeOfSome(whole, first, { queryCharacters, scorer, cost });
  });
}

interface CostOptions {
  readonly queryCharacters: number;
  readonly scorer: Pick<PoolScorer, "maxTokens" | "window" | "cost" | "onePassageMs">;
  readonly cost?: PairCost | undefined;
}

type CostingDocument = Pick<PoolDocument, "characters" | "truncatedTokens" | "windows">;

/**
 * The milliseconds for scoring the documents with these indices: on the line through the time of one passage and that
 * of all, by their share in the cost. A call has a cost of its own, such as a request to a server, so the line need
 * not start at 0. The cost of a pair follows from its tokens, which are estimated from characters.
 */
export function timeOfSome(
  {
    documents,
    milliseconds,
  }: {
    readonly documents: readonly CostingDocument[];
    /** For scoring all documents. */
    readonly milliseconds: number;
  },
  indices: readonly number[],
  options: CostOptions,
): number {
  const count = documents.length;
  if (indices.length === 0) return 0;
  if (indices.length >= count) return milliseconds;
  const costs = expectedCosts(documents, options);
  const all = sum(costs);
  const some = sum(indices.map((index) => costs[index] ?? 0));
  const share = all > 0 ? some / all : indices.length / count;
  const usual = 1 / count;
  const one = Math.min(options.scorer.onePassageMs ?? milliseconds * usual, milliseconds);
  const rest = (milliseconds - one) * ((share - usual) / (1 - usual));
  return Math.max(0, one + rest);
}

/** What scoring each document costs, in milliseconds of one worker, estimated from its characters. */
function expectedCosts(
  documents: readonly CostingDocument[],
  {
    queryCharacters,
    scorer: { maxTokens: most = Infinity, window, cost: measured },
    cost: { fixedMs, perTokenMs } = measured ?? usualCost,
  }: CostOptions,
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
