import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import type { CandidateSource } from "../../documents/candidate-source.ts";
import { identityOf } from "../../documents/identity.ts";
import { firstStageScore, provenanceOf, withRanks } from "../../documents/provenance.ts";
import { requireDocuments } from "../../documents/require-documents.ts";
import { describe, requireMethods, RetrievalError } from "../../errors.ts";
import { callback, record, required, wholeNumber } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { askOptionRules, QueryAsker, type AskOptions } from "../experiment/ask-queries.ts";
import { steadyTimes, timesOf, withTimes, type TimedStage, type Times } from "./steady-times.ts";
import { judgedId, type IdOf } from "../experiment/found-documents.ts";
import { hashQueries, queriesRule } from "../experiment/judged-queries.ts";
import { OutcomeLog } from "../experiment/outcome-log.ts";
import type { PoolScorer } from "../sweep/pool.ts";
import { poolScorerOf } from "../sweep/pooling-retriever.ts";
import { rerankerTimes } from "./reranker-times.ts";
import { rerankAll, scoreUnion, type BakeOffReranker } from "./score-union.ts";
import { readOutcome, Union, writeOutcome, type UnionPool } from "./union-pool.ts";

export interface CollectBakeOffOptions extends AskOptions {
  /** At least one first stage, by name. Create each with a `k` of at least `depth`. */
  readonly firstStages: Readonly<Record<string, CandidateSource>>;
  /**
   * The rerankers by name, without `deadlineMs`, `adaptiveDepth` and cascades: `bakeOff` derives cascades from their
   * scores. No reranking at all is always compared, as `none`.
   */
  readonly rerankers: Readonly<Record<string, BakeOffReranker>>;
  /** Texts by id; each one is asked. */
  readonly queries: ReadonlyMap<string, string>;
  /** The largest number of candidates to be examined, at least 1. @defaultValue 50 */
  readonly depth?: number | undefined;
  /**
   * Returns a document's id in the judgements. @defaultValue the document's identity, as elsewhere in this
   * package
   */
  readonly idOf?: IdOf | undefined;
}

const collectBakeOffOptionRules: OptionRules<CollectBakeOffOptions> = {
  ...askOptionRules,
  firstStages: required(record),
  rerankers: required(record),
  queries: queriesRule,
  depth: wholeNumber(1),
  idOf: callback,
};

/** What every first stage found and every reranker said about it, for each query. */
export interface BakeOffPools {
  /** Texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** How many candidates each first stage was asked for. */
  readonly depth: number;
  /** Names of the first stages. */
  readonly firstStages: readonly string[];
  /** The rerankers, by name. */
  readonly rerankers: ReadonlyMap<string, PoolScorer>;
  readonly pools: ReadonlyMap<string, UnionPool>;
  /** Why a query has no pool, by its id. */
  readonly failures: ReadonlyMap<string, string>;
}

/** The name of a bake-off's entries without a reranker. */
export const noReranker = "none";

/**
 * Asks every first stage for `depth` candidates of each query, and has every reranker score all of them in one call,
 * each passage once. `bakeOff` derives the result and the time of every combination from it. Rerankers need
 * `cache: false` if they share a model, because their time is measured.
 *
 * Then every first stage is asked again, for its time alone, because what runs before a search changes its time; with a
 * `concurrency` of 1 up to nine times within about ten seconds, of which the median counts. So are rerankers that
 * take less than 20 ms a query. The others score one passage for each of five queries, because a call has a cost of
 * its own, which does not fall with the number of passages.
 *
 * @throws RetrievalError `invalid-option` for a reranker named `none` and without a first stage; `invalid-input`
 * without queries and if `resumeFrom` was created for other rerankers, first stages, depth or queries; the signal's
 * reason. A query that fails is added to `failures`.
 */
export async function collectBakeOff(given: CollectBakeOffOptions): Promise<BakeOffPools> {
  const {
    firstStages,
    rerankers,
    queries,
    depth = 50,
    idOf = identityOf,
    ...options
  } = requireOptions("collectBakeOff", given, collectBakeOffOptionRules);
  requireContenders(firstStages, rerankers);
  if (queries.size === 0) {
    throw new RetrievalError(
      "invalid-input",
      "Expected at least one query in `queries`, got none.",
    );
  }
  const { signal, resumeFrom } = options;
  const control = signal === undefined ? {} : { signal };
  const scorers = new Map<string, PoolScorer>();
  for (const [name, reranker] of Object.entries(rerankers)) {
    scorers.set(name, await poolScorerOf(reranker, signal));
  }
  const head = {
    kind: "bake-off",
    version: 1,
    firstStages: Object.keys(firstStages),
    rerankers: Array.from(scorers, ([name, { cost: _cost, ...scorer }]) => ({ name, scorer })),
    depth,
    queries: hashQueries(queries),
  };
  const log =
    resumeFrom === undefined
      ? undefined
      : await OutcomeLog.open(resumeFrom, { head, write: writeOutcome, read: readOutcome });
  const find = async (source: CandidateSource, query: string): Promise<Found> => {
    const startedAt = performance.now();
    const answer = await untilAborted(source.candidates(query, { k: depth, ...control }), signal);
    const found = requireDocuments("candidates(query)", answer);
    return { found, milliseconds: performance.now() - startedAt };
  };
  const findAll = async (query: string) => {
    const union = new Union<DocumentInterface>();
    const lists: UnionPool["firstStages"] = new Map(
      await inTurn(Object.entries(firstStages), async ([name, source]) => {
        const { found, milliseconds } = await find(source, query);
        const indices = found.map((document) => union.add(document));
        const scores = found.map((document, index) => scoreOf(document, index));
        return [name, { milliseconds, indices, scores }] as const;
      }),
    );
    return { union, lists };
  };
  const ask = async (query: string): Promise<UnionPool> => {
    const { union, lists } = await findAll(query);
    const scores = await inTurn(
      Object.entries(rerankers),
      async ([name, reranker]) => [name, await scoreUnion(reranker, query, union, signal)] as const,
    );
    const documents = union.documents.map((document) => ({
      id: judgedId(document, idOf),
      characters: document.pageContent.length,
    }));
    return { documents, firstStages: lists, rerankers: new Map(scores) };
  };
  try {
    const stages = Object.entries(firstStages);
    const systems = [bakeOffName, ...stages.map(([name]) => aloneName(name))];
    // The later passes take a small part of the time of the first one.
    const onProgress: AskOptions["onProgress"] = ({ leftMs, ...progress }) => {
      const { done, total, system } = progress;
      const share = Math.max(0, queries.size - done) / Math.max(1, total - done);
      const left = system === bakeOffName ? leftMs * share : leftMs;
      options.onProgress?.({ ...progress, leftMs: left });
    };
    const asked = { ...options, onProgress, systems, log };
    const asker = new QueryAsker<UnionPool | number>(queries, asked);
    const { outcomes, failures } = await asker.ask(bakeOffName, ask);
    const isAlone = (options.concurrency ?? 1) === 1;
    const textOf = (id: string): string => queries.get(id) ?? "";
    const timed = new Map<string, TimedStage>();
    for (const [name, source] of stages) {
      const time = async (query: string): Promise<number> => {
        const startedAt = performance.now();
        const { found } = await find(source, query);
        withRanks(found); // As a search without a reranker does.
        return performance.now() - startedAt;
      };
      const first = timesOf((await asker.ask(aloneName(name), time)).outcomes);
      timed.set(name, { first, time: (id) => time(textOf(id)) });
    }
    const stageTimes = isAlone
      ? await steadyTimes(timed, signal)
      : new Map(Array.from(timed, ([name, { first }]) => [name, first]));
    const collected = Array.from(outcomes).flatMap(([query, pool]): [string, UnionPool][] =>
      typeof pool === "number" ? [] : [[query, pool]],
    );
    const rerankTimes = new Map<string, Times>();
    for (const [name, reranker] of Object.entries(rerankers)) {
      const first = new Map(
        collected.map(([query, pool]) => [query, pool.rerankers.get(name)?.milliseconds ?? 0]),
      );
      const { onePassageMs, all } = await rerankerTimes(first, {
        passagesOf: async (id) => (await findAll(textOf(id))).union.documents,
        // A space more each time, so that no cache has the scores.
        time: async (id, passages, round) =>
          (await rerankAll(reranker, textOf(id) + " ".repeat(round), passages, signal))
            .milliseconds,
        repeat: isAlone,
        signal,
      });
      rerankTimes.set(name, all);
      // Asked only now, because the cost of a pair was measured meanwhile.
      scorers.set(name, { ...(await poolScorerOf(reranker, signal)), onePassageMs });
    }
    const alone = { firstStages: stageTimes, rerankers: rerankTimes };
    const pools = new Map(collected.map(([query, pool]) => [query, withTimes(pool, query, alone)]));
    const names = Object.keys(firstStages);
    return { queries, depth, firstStages: names, rerankers: scorers, pools, failures };
  } finally {
    await log?.close();
  }
}

const bakeOffName = "bake-off";
/** Names the pass that measures the time of a first stage. */
const aloneName = (firstStage: string): string => `${firstStage}, not reranked`;

interface Found {
  readonly found: readonly DocumentInterface[];
  readonly milliseconds: number;
}

/** One after the other, because times are measured. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function scoreOf(document: DocumentInterface, index: number): number {
  const { rank } = provenanceOf(document);
  return rank === undefined ? -(index + 1) : firstStageScore(document);
}

function requireContenders(
  firstStages: Readonly<Record<string, CandidateSource>>,
  rerankers: Readonly<Record<string, BakeOffReranker>>,
): void {
  if (Object.keys(firstStages).length === 0) {
    throw new RetrievalError(
      "invalid-option",
      "Expected at least one first stage in `firstStages`, such as `{ bm25: retriever }`, got none.",
    );
  }
  for (const [name, source] of Object.entries(firstStages)) {
    const expected = "one of this package's retrievers, such as a Bm25Retriever";
    requireMethods(`firstStages.${name}`, source, expected, ["candidates"]);
  }
  for (const [name, reranker] of Object.entries(rerankers)) {
    if (name === noReranker) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`rerankers\` without the name \`${noReranker}\`, which stands for no reranking, got ${describe(reranker)}: choose another name, or leave it out.`,
      );
    }
    requireMethods(`rerankers.${name}`, reranker, "a CrossEncoderReranker", ["rerank"]);
  }
}
