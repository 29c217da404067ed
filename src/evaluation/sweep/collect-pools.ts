import { callback, methods, required, wholeNumber } from "../../option-rules.ts";
import { untilAborted } from "../../abort.ts";
import { identityOf } from "../../documents/identity.ts";
import { RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { ScoringModel } from "../../ranking/scoring-model.ts";
import { askOptionRules, type AskOptions, QueryAsker } from "../experiment/ask-queries.ts";
import type { IdOf } from "../experiment/found-documents.ts";
import { hashQueries, queriesRule } from "../experiment/judged-queries.ts";
import { OutcomeLog } from "../experiment/outcome-log.ts";
import type { Pool, ScoredPools } from "./pool.ts";
import { timeOfOnePassage } from "./one-passage-time.ts";
import { poolOf, poolScorerOf, type PoolingRetriever } from "./pooling-retriever.ts";
import { checkPrefixes } from "./prefix-check.ts";
import { readPool, writePool } from "./saved-pool.ts";

export interface CollectPoolsOptions extends AskOptions {
  /** A retriever without `deadlineMs`; its blend, threshold and depth are ignored. */
  readonly retriever: PoolingRetriever;
  /** Texts by id; each one is asked. */
  readonly queries: ReadonlyMap<string, string>;
  /** The largest number of candidates to be examined, at least 1. @defaultValue 100 */
  readonly depth?: number | undefined;
  /**
   * Returns a document's id in the judgements. @defaultValue the document's identity, as elsewhere in this
   * package
   */
  readonly idOf?: IdOf | undefined;
}

const collectPoolsOptionRules: OptionRules<CollectPoolsOptions> = {
  ...askOptionRules,
  retriever: required(methods("a TwoStageRetriever", "search")),
  queries: queriesRule,
  depth: wholeNumber(1),
  idOf: callback,
};

/**
 * Scores the candidates of each query once, up to the largest depth, and keeps everything from which the
 * results of smaller depths, blends and thresholds can be derived.
 *
 * Not every first stage is prefix-stable: the top 10 of 100 may differ from a search for 10. A
 * `HybridRetriever` asks its members for the larger of its own `k` and the call's: create it with a `k` of at
 * least `depth`. An approximate vector index may find other neighbours when asked for more. A store that holds
 * a document twice returns fewer than requested. A graph in fp32 or fp16 may change a score by 1e-4 when its
 * batch changes. `prefixes` reports what was observed of the first two on five queries.
 *
 * Afterwards five queries are asked for one candidate each, because a call of the reranker has a cost of its own, which
 * does not fall with the depth.
 *
 * @throws RetrievalError `invalid-input` without queries and if `resumeFrom` was created for another scorer,
 * depth or other queries; the signal's reason. A query that fails is added to `failures`.
 */
export async function collectPools(given: CollectPoolsOptions): Promise<ScoredPools> {
  const {
    retriever,
    queries,
    depth = 100,
    idOf = identityOf,
    ...options
  } = requireOptions("collectPools", given, collectPoolsOptionRules);
  if (queries.size === 0) {
    throw new RetrievalError(
      "invalid-input",
      "Expected at least one query in `queries`, got none.",
    );
  }
  const { signal, resumeFrom } = options;
  const { reranker } = retriever;
  const { cost: _before, ...model } = await poolScorerOf(reranker, signal);
  const { name } = model;
  const embeddings = await untilAborted(modelsOf(retriever), signal);
  const asked = { depth, queries: hashQueries(queries) };
  const head = { kind: "pools", version: 2, ...model, embeddings, ...asked };
  const log =
    resumeFrom === undefined
      ? undefined
      : await OutcomeLog.open(resumeFrom, { head, write: writePool, read: readPool });
  try {
    const prefixes = await checkPrefixes(retriever, queries, { depth, signal });
    const asker = new QueryAsker<Pool>(queries, { ...options, systems: [name], log });
    const { outcomes, failures } = await asker.ask(name, async (text) => {
      const control = signal === undefined ? {} : { signal };
      const call = { k: depth, candidateCount: depth, rerank: true, ...control };
      const trace = await untilAborted(retriever.search(text, call), signal);
      return poolOf(trace, { idOf, scorer: name });
    });
    const timeOne = async (query: string): Promise<number | undefined> => {
      const control = signal === undefined ? {} : { signal };
      const call = { k: 1, candidateCount: 1, rerank: true, ...control };
      // With a space more, so that no cache has the score.
      const trace = await untilAborted(retriever.search(`${queries.get(query)} `, call), signal);
      return poolOf(trace, { idOf, scorer: name }).rerankMs;
    };
    const onePassageMs = await timeOfOnePassage(outcomes.keys(), timeOne, signal);
    const cost = (await reranker.info?.())?.cost;
    return {
      queries,
      depth,
      pools: outcomes,
      failures,
      scorer: { ...model, cost, onePassageMs },
      embeddings,
      prefixes,
    };
  } finally {
    await log?.close();
  }
}

async function modelsOf(retriever: PoolingRetriever): Promise<readonly ScoringModel[]> {
  return (await retriever.vectorModels?.()) ?? [];
}
