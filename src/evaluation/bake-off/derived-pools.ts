import { cascadeName } from "../../ranking/cascade-name.ts";
import { toRelevance } from "../../ranking/relevance.ts";
import { orderByScore } from "../../ranking/scored.ts";
import { timeOfSome } from "../sweep/forecast-latency.ts";
import type { Pool, PoolDocument, PoolScorer, ScoredPools } from "../sweep/pool.ts";
import type { BakeOffPools } from "./collect-bake-off.ts";
import type { UnionPool } from "./union-pool.ts";

/**
 * The pools of one first stage and one reranker, as `collectPools` would have collected them; without a reranker, the
 * pools of the first stage alone. The time of a pool follows from the times for all passages and for one, and from the
 * reranker's cost per token.
 */
export function poolsOf(
  { queries, depth, rerankers, pools, failures }: BakeOffPools,
  firstStage: string,
  reranker?: string,
): ScoredPools {
  const scorer = (reranker === undefined ? undefined : rerankers.get(reranker)) ?? noScorer;
  const derived = Array.from(pools, ([query, union]): [string, Pool] => {
    const queryCharacters = queries.get(query)?.length ?? 0;
    return [query, poolOf(union, { firstStage, reranker, scorer, queryCharacters })];
  });
  const prefixes = { checked: 0, differing: 0 };
  // What made the vectors is of no use here: a bake-off fits no fusion.
  const embeddings: ScoredPools["embeddings"] = [];
  return { queries, depth, pools: new Map(derived), failures, scorer, embeddings, prefixes };
}

function poolOf(
  { documents: passages, firstStages, rerankers }: UnionPool,
  {
    firstStage,
    reranker = "",
    scorer,
    queryCharacters,
  }: {
    readonly firstStage: string;
    readonly reranker: string | undefined;
    readonly scorer: PoolScorer;
    readonly queryCharacters: number;
  },
): Pool {
  const list = firstStages.get(firstStage) ?? { milliseconds: 0, indices: [], scores: [] };
  const scores = rerankers.get(reranker) ?? { milliseconds: 0, passages: [] };
  const all = passages.map((passage, index) => ({
    ...passage,
    ...(scores.passages[index] ?? { rawScore: undefined, truncatedTokens: 0 }),
  }));
  const own = list.indices.flatMap((index, position) => {
    const passage = all[index];
    return passage ? [{ ...passage, firstScore: list.scores[position] ?? 0 }] : [];
  });
  const relevance = toRelevance(
    own.map(({ rawScore = Number.NaN }) => rawScore),
    scorer.scale,
  );
  const whole = { documents: all, milliseconds: scores.milliseconds };
  const rerankMs = timeOfSome(whole, list.indices, { queryCharacters, scorer });
  return {
    documents: Array.from(own, (document, index) => ({
      ...document,
      relevance: relevance[index] ?? 0,
    })),
    stages: new Map([
      ["candidates", list.milliseconds],
      ["rerank", rerankMs],
    ]),
    firstStageMs: list.milliseconds,
    rerankMs,
  };
}

/** Which part of a pool the scorers of a cascade read. */
export interface CascadeDepths {
  /** How many candidates the first scorer reads. */
  readonly candidateCount: number;
  /** How many of them the last scorer reads. */
  readonly lastCount: number;
}

/**
 * The pools that a `CascadeScorer` of two scorers would have scored, from the pools of each scorer over the same
 * first stage: the documents stand in the order of the first scorer, and those that the last one does not read have
 * no score.
 */
export function cascadePools(
  fast: ScoredPools,
  slow: ScoredPools,
  { candidateCount, lastCount }: CascadeDepths,
): ScoredPools {
  const pools = Array.from(fast.pools, ([query, first]): [string, Pool] => {
    const last = slow.pools.get(query) ?? first;
    const candidates = first.documents.slice(0, candidateCount);
    const order = orderByScore(candidates.map(({ rawScore }) => rawScore));
    const read = order.slice(0, lastCount);
    const documents = order.flatMap((index, position): PoolDocument[] => {
      const document = last.documents[index];
      if (!document) return [];
      return [position < lastCount ? document : { ...document, rawScore: undefined }];
    });
    const queryCharacters = fast.queries.get(query)?.length ?? 0;
    const timeOf = (
      { scorer: own }: ScoredPools,
      pool: Pool,
      indices: readonly number[],
    ): number => {
      const whole = { documents: pool.documents, milliseconds: pool.rerankMs };
      return timeOfSome(whole, indices, { queryCharacters, scorer: own });
    };
    const rerankMs = timeOf(fast, first, [...candidates.keys()]) + timeOf(slow, last, read);
    return [query, { ...first, documents, rerankMs }];
  });
  const name = cascadeName([
    { name: fast.scorer.name, count: candidateCount },
    { name: slow.scorer.name, count: lastCount },
  ]);
  const { scale } = slow.scorer;
  const scorer: PoolScorer = { ...noSettings, name, scale };
  return { ...slow, depth: candidateCount, pools: new Map(pools), scorer };
}

const noSettings = {
  fileHash: undefined,
  arithmetic: undefined,
  maxTokens: undefined,
  window: undefined,
  cost: undefined,
} as const;
const noScorer: PoolScorer = { ...noSettings, name: "none", scale: "unbounded" };
