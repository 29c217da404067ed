import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackManagerForRetrieverRun, Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import type { RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import type { StageTrace } from "../documents/retrieval-trace.ts";
import { refuseFilter, requireConfig, requireFilter } from "../documents/parse-filter.ts";
import { isRelevant, movedTo } from "../documents/provenance.ts";
import { requireText, RetrievalError, messageOf } from "../errors.ts";
import { requireOptions } from "../options.ts";
import { asCandidateSource } from "./any-retriever.ts";
import { blendRanked, isScored } from "./blend-ranked.ts";
import { compressDocuments } from "./compress-documents.ts";
import { configuredSettings } from "./configured-settings.ts";
import { hasPlaceLimit, limitPerPlace } from "./limit-per-place.ts";
import { asStageRun, documentsOut, type StageRun } from "./stage-run.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import { stopwatch } from "./stopwatch.ts";
import {
  countsOf,
  requireTwoStageOptions,
  searchOptionRules,
  type TwoStageRetrieverOptions,
  type TwoStageSearchOptions,
} from "./two-stage-options.ts";

/**
 * Carries the signal to a retriever and the trace back, both of which LangChain drops. All retrievers share one: Node
 * visits every AsyncLocalStorage that was ever used each time that a promise is created.
 */
const calls = new AsyncLocalStorage<SearchCall>();

/** Candidates from a fast first stage, put in order by a cross-encoder; every stage named, scored and timed. */
export class TwoStageRetriever extends BaseRetriever {
  override lc_namespace: string[] = ["langchain_rerank", "retrieval"];
  /** The second stage, as it was given. */
  readonly reranker: CrossEncoderReranker;
  readonly #source: CandidateSource;
  readonly #options: TwoStageRetrieverOptions;

  static override lc_name(): string {
    return "TwoStageRetriever";
  }

  constructor(options: TwoStageRetrieverOptions) {
    requireTwoStageOptions(options);
    super(options);
    const { candidates, reranker } = options;
    this.reranker = reranker;
    this.#source = asCandidateSource("candidates", candidates);
    this.#options = options;
  }

  /**
   * A retriever that does what `chooseConfiguration` found best, given as JSON or parsed: its depth,
   * blend and threshold replace those of `options`, "do not rerank" makes `rerank: false` the default of
   * every search, and an undecided one leaves `options` as they are. A hybrid first stage should be
   * made with the `k` that it was measured with.
   *
   * @throws `invalid-input` where it is no configuration; `model-mismatch` where it is for another model;
   * `invalid-option` where it has fewer candidates reranked than `k` asks for
   */
  static async fromConfiguration(
    configuration: string | object,
    options: TwoStageRetrieverOptions,
  ): Promise<TwoStageRetriever> {
    requireTwoStageOptions(options);
    const settings = await configuredSettings(configuration, options.reranker);
    return new TwoStageRetriever({ ...options, ...settings });
  }

  override async invoke(
    query: string,
    options?: Partial<RunnableConfig>,
  ): Promise<DocumentInterface[]> {
    requireConfig(options);
    const call: SearchCall = { retriever: this, options: { signal: options?.signal } };
    return calls.run(call, () => super.invoke(query, options));
  }

  override async _getRelevantDocuments(
    query: string,
    runManager?: CallbackManagerForRetrieverRun,
  ): Promise<Document[]> {
    const running = calls.getStore();
    // A retriever that another one searches in may be called without a call of its own.
    const call: SearchCall =
      running?.retriever === this ? running : { retriever: this, options: {} };
    const trace = await this.#search(query, call.options, runManager?.getChild());
    call.trace = trace;
    return [...trace.documents];
  }

  /** One search with all that happened in it; `invoke` gives its documents. */
  async search(query: string, searchOptions: TwoStageSearchOptions = {}): Promise<RetrievalTrace> {
    const { config, ...given } = requireOptions("search", searchOptions, searchOptionRules);
    refuseFilter(config);
    const options = { ...given, filter: requireFilter(given.filter) };
    if (!config) return this.#search(query, options);
    const call: SearchCall = {
      retriever: this,
      options: { ...options, signal: options.signal ?? config.signal },
    };
    await calls.run(call, () => super.invoke(query, config));
    if (call.trace) return call.trace;
    throw new RetrievalError(
      "invalid-option",
      `${this.constructor.name} has a \`_getRelevantDocuments\` of its own, which leaves no trace: call \`invoke\`, or \`search\` without \`config\`.`,
    );
  }

  async #search(
    query: string,
    {
      deadlineMs = this.#options.deadlineMs,
      rerank = this.#options.rerank ?? true,
      filter,
      signal,
      ...counts
    }: Omit<TwoStageSearchOptions, "config">,
    callbacks?: Callbacks,
  ): Promise<RetrievalTrace> {
    requireText("query", query);
    const { k, candidateCount } = countsOf(this.#options, counts);
    const elapsed = stopwatch();
    const stages: StageTrace[] = [];
    const onStage = (stage: StageTrace): void => {
      stages.push(stage);
    };
    const asked = { k: candidateCount, filter, signal, onStage };
    const stageRun = (name: string) => ({
      name,
      callbacks,
      inputs: { query },
      outputsOf: documentsOut,
    });
    const candidates = await asStageRun(stageRun("candidates"), (below) =>
      untilAborted(this.#source.candidates(query, { ...asked, callbacks: below }), signal),
    );
    if (stages.length === 0) {
      stages.push({ name: "candidates", milliseconds: elapsed(), documents: candidates });
    }
    const remainingMs = deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - elapsed());
    const ranked = rerank
      ? await this.#rerank(query, candidates, {
          k,
          signal,
          deadlineMs: remainingMs,
          onStage,
          stageRun,
        })
      : candidates;
    const relevant = rerank ? this.#selectRelevant(ranked) : ranked;
    let documents = inPlace(limitPerPlace(relevant, this.#options).slice(0, k));
    for (const compressor of this.#options.compressors ?? []) {
      const stageElapsed = stopwatch();
      const { name } = compressor.constructor;
      const given = documents;
      const compressed = await asStageRun(stageRun(name), (below) =>
        compressDocuments(compressor, { query, documents: given, signal, callbacks: below }),
      );
      documents = inPlace(compressed);
      onStage({ name, milliseconds: stageElapsed(), documents });
    }
    const scored = ranked.filter(isScored).length;
    return {
      query,
      stages,
      candidates,
      documents,
      coverage: { scored, candidates: candidates.length },
      milliseconds: elapsed(),
    };
  }

  async #rerank(
    query: string,
    candidates: readonly Document[],
    { k, onStage, stageRun, ...control }: RerankControl,
  ): Promise<Document[]> {
    const { reranker, blend = 1, onError = "throw" } = this.#options;
    const elapsed = stopwatch();
    let ranked: Document[];
    try {
      const topN = Math.max(1, candidates.length);
      // A blend can lift what the reranker would leave below, and so can a limit on what stands above it.
      const canLift = blend !== 1 || hasPlaceLimit(this.#options);
      const decisivePlaces = canLift ? topN : k;
      const options = { ...control, topN, decisivePlaces };
      ranked = await asStageRun(stageRun("rerank"), () =>
        reranker.rerank(query, candidates, options),
      );
    } catch (error) {
      if (onError === "throw" || control.signal?.aborted === true) throw error;
      const rerank = { scored: false, reason: "error" } as const;
      ranked = candidates.map((document, index) =>
        movedTo(document, { from: index + 1, to: index + 1 }, { rerank }),
      );
      const failure = messageOf(error);
      onStage({ name: "rerank", milliseconds: elapsed(), documents: ranked, failure });
      return ranked;
    }
    onStage({ name: "rerank", milliseconds: elapsed(), documents: ranked });
    if (blend === 1) return ranked;
    const blendElapsed = stopwatch();
    const blended = await asStageRun(stageRun("blend"), async () => blendRanked(ranked, blend));
    onStage({ name: "blend", milliseconds: blendElapsed(), documents: blended });
    return blended;
  }

  /** Disposes of what `owned` names, the last first. Where some of it fails, the rest is disposed of all the same. */
  async dispose(): Promise<void> {
    const failures: unknown[] = [];
    for (const each of (this.#options.owned ?? []).toReversed()) {
      try {
        await each[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Drops what is under the threshold, from the end, but leaves `minDocuments`, and what was not scored. */
  #selectRelevant(ranked: readonly Document[]): readonly Document[] {
    const { scoreThreshold, minDocuments = 0 } = this.#options;
    if (scoreThreshold === undefined) return ranked;
    return ranked.filter(
      (document, index) => index < minDocuments || isRelevant(document, scoreThreshold),
    );
  }
}

/** One call of `search` that LangChain hands on as a call of `invoke`. */
interface SearchCall {
  readonly retriever: TwoStageRetriever;
  readonly options: Omit<TwoStageSearchOptions, "config">;
  trace?: RetrievalTrace;
}

interface RerankControl {
  readonly k: number;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number | undefined;
  readonly onStage: (stage: StageTrace) => void;
  readonly stageRun: (name: string) => StageRun<readonly DocumentInterface[]>;
}

/** Writes the place that each document has in this list. */
function inPlace(documents: readonly DocumentInterface[]): Document[] {
  return documents.map((document, index) => movedTo(document, { from: index + 1, to: index + 1 }));
}
