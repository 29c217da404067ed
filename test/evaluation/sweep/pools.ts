import type {
  Pool,
  PoolDocument,
  PoolScorer,
  ScoredPools,
} from "../../../src/evaluation/sweep/pool.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** A candidate that says only what a test is about. */
export function candidate(id: string, given: Partial<PoolDocument> = {}): PoolDocument {
  return {
    id,
    firstScore: 0,
    rawScore: 0,
    relevance: 0.5,
    characters: 400,
    truncatedTokens: 0,
    ...given,
  };
}

/** A pool whose first stage took 10 ms, and reranking 100 ms. */
function poolOfDocuments(documents: readonly PoolDocument[]): Pool {
  return { documents, stages: new Map(), firstStageMs: 10, rerankMs: 100 };
}

/** Pools of queries without words that throw when they are written to. */
export function poolsOf(
  pools: Readonly<Record<string, readonly PoolDocument[]>>,
  scorer: Partial<PoolScorer> = {},
): ScoredPools {
  const entries = Object.entries(pools);
  return deepFreeze({
    queries: new Map(entries.map(([query]) => [query, ""])),
    depth: Math.max(...entries.map(([, documents]) => documents.length)),
    pools: new Map(entries.map(([query, documents]) => [query, poolOfDocuments(documents)])),
    failures: new Map<string, string>(),
    scorer: {
      name: "made up",
      scale: "logit",
      fileHash: undefined,
      arithmetic: undefined,
      maxTokens: undefined,
      cost: undefined,
      ...scorer,
    },
    embeddings: [],
    prefixes: { checked: 0, differing: 0 },
  });
}
