import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import type { CandidateSource } from "../../documents/candidate-source.ts";
import { identityOf } from "../../documents/identity.ts";
import { firstStageScore, provenanceOf, withRanks } from "../../documents/provenance.ts";
import { describe, requireMethods, RetrievalError } from "../../errors.ts";
import { callback, record, required, wholeNumber } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { askOptionRules, QueryAsker, type AskOptions } from "../experiment/ask-queries.ts";
import { steadyTimes, timesOf, withTimes } from "./first-stage-times.ts";
import { judgedId, type IdOf } from "../experiment/found-documents.ts";
import { hashQueries, queriesRule } from "../experiment/judged-queries.ts";
import { OutcomeLog } from "../experiment/outcome-log.ts";
import type { PoolScorer } from "../sweep/pool.ts";
import { poolScorerOf, scoreOfPassage, type PoolingReranker } from "../sweep/pooling-retriever.ts";
import {
  readOutcome,
  Union,
  writeOutcome,
  type UnionPool,
  type UnionScores,
} from "./union-pool.ts";

/** A reranker to compare, such as a `CrossEncoderReranker` with a `scorer` or a `model`. */
export interface BakeOffReranker extends PoolingReranker {
  /** Returns the documents, best first, with `metadata.retrieval`. */
  rerank(
    query: string,
    documents: readonly DocumentInterface[],
    options: {
      readonly topN: number;
      readonly signal?: AbortSignal;
      readonly onReport?: (report: { readonly failure?: Error | undefined }) => void;
    },
  ): Promise<readonly DocumentInterface[]>;
}

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
 * `cache: false` if they share a model, because their time is measured. Then every first
 * stage is asked again, for its time alone, because what runs before a search changes its time; with a `concurrency` of
 * 1 up to nine times within about three seconds, of which the median counts.
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
    const found = await untilAborted(source.candidates(query, { k: depth, ...control }), signal);
    return { found, milliseconds: performance.now() - startedAt };
  };
  const ask = async (query: string): Promise<UnionPool> => {
    const union = new Union<DocumentInterface>();
    const lists: UnionPool["firstStages"] = new Map(
      await inTurn(Object.entries(firstStages), async ([name, source]) => {
        const { found, milliseconds } = await find(source, query);
        const indices = found.map((document) => union.add(document));
        const scores = found.map((document, index) => scoreOf(document, index));
        return [name, { milliseconds, indices, scores }] as const;
      }),
    );
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
    const times = await inTurn(stages, async ([name, source]) => {
      const time = async (query: string): Promise<number> => {
        const startedAt = performance.now();
        const { found } = await find(source, query);
        withRanks(found); // As a search without a reranker does.
        return performance.now() - startedAt;
      };
      const once = timesOf((await asker.ask(aloneName(name), time)).outcomes);
      const again = (id: string) => time(queries.get(id) ?? "");
      const isAlone = (options.concurrency ?? 1) === 1;
      return [name, isAlone ? await steadyTimes(once, again, signal) : once] as const;
    });
    const pools = new Map(
      Array.from(outcomes, ([query, pool]): [string, UnionPool][] =>
        typeof pool === "number" ? [] : [[query, withTimes(pool, query, new Map(times))]],
      ).flat(),
    );
    // The cost was measured meanwhile.
    for (const [name, reranker] of Object.entries(rerankers)) {
      scorers.set(name, await poolScorerOf(reranker, signal));
    }
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

async function scoreUnion(
  reranker: BakeOffReranker,
  query: string,
  union: Union<DocumentInterface>,
  signal: AbortSignal | undefined,
): Promise<UnionScores> {
  const { documents } = union;
  let failure: Error | undefined;
  const startedAt = performance.now();
  const ranked = await untilAborted(
    reranker.rerank(query, documents, {
      topN: Math.max(1, documents.length),
      onReport: (report) => void (failure = report.failure),
      ...(signal && { signal }),
    }),
    signal,
  );
  const milliseconds = performance.now() - startedAt;
  if (failure) throw failure;
  const { name } = reranker.scorer;
  const scored = new Map(
    ranked.map((document) => [union.indexOf(document), scoreOfPassage(document, name)]),
  );
  const passages = documents.map((_, index) => {
    const passage = scored.get(index);
    if (passage !== undefined) return passage;
    throw new RetrievalError(
      "invalid-input",
      `Expected ${name} to return all ${documents.length} passages, got ${ranked.length}: pass a reranker without \`scoreThreshold\`.`,
    );
  });
  const missing = passages.filter(({ rawScore }) => rawScore === undefined).length;
  if (missing === 0) return { milliseconds, passages };
  throw new RetrievalError(
    "invalid-input",
    `Expected a finite score for each of ${passages.length} passages from ${name}, got none for ${missing}: check the model, or leave it out.`,
  );
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
