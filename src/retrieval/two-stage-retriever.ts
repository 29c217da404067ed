import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackManagerForRetrieverRun, Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import type { RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import type {
  CrossEncoderReranker,
  RerankReport,
} from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import type { StageTrace } from "../documents/retrieval-trace.ts";
import { refuseFilter, requireConfig, requireFilter } from "../documents/parse-filter.ts";
import { isReranked, isRelevant, withoutRerank, withRanks } from "../documents/provenance.ts";
import { requireText, RetrievalError, messageOf } from "../errors.ts";
import { requireOptions } from "../options.ts";
import type { ScoringModel } from "../ranking/scoring-model.ts";
import { asCandidateSource } from "./any-retriever.ts";
import { blendRanked } from "./blend-ranked.ts";
import { compressDocuments } from "./compress-documents.ts";
import { configuredSettings } from "./configured-settings.ts";
import { hasSourceLimit, limitPerSource } from "./limit-per-source.ts";
import { disposeAll } from "./dispose-all.ts";
import { blendModels, type FusionModels } from "./fusion-models.ts";
import { asStageRun, documentsOut, type StageRun } from "./stage-run.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import { stopwatch } from "./stopwatch.ts";
import {
  countsOf,
  requireInstructed,
  requireTwoStageOptions,
  searchOptionRules,
  type TwoStageRetrieverOptions,
  type TwoStageSearchOptions,
} from "./two-stage-options.ts";

/**
 * Carries the signal to a retriever and the trace back, both of which LangChain drops. All retrievers share one
 * instance: Node visits every used AsyncLocalStorage whenever a promise is created.
 */
const calls = new AsyncLocalStorage<SearchCall>();

/**
 * Retrieves candidates with a fast first stage and orders them with a cross-encoder; a trace records the
 * result, scores and time of every stage.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, CrossEncoderReranker, TwoStageRetriever } from "langchain-rerank";
 * import { loadFolder, renderTrace, splitPassages } from "langchain-rerank";
 *
 * await using reranker = new CrossEncoderReranker({ model: "BAAI/bge-reranker-large" });
 * const { documents } = await loadFolder("sample_documents");
 * const passages = await splitPassages(documents);
 * const candidates = await Bm25Retriever.fromDocuments(passages);
 *
 * const retriever = new TwoStageRetriever({ candidates, reranker, candidateCount: 20, k: 5 });
 * const trace = await retriever.search("How does LoRA reduce memory?");
 * console.log(renderTrace(trace, "text"));
 * ```
 */
export class TwoStageRetriever extends BaseRetriever {
  override lc_namespace: string[] = ["langchain_rerank", "retrieval"];
  /** The second stage, as passed to the constructor. */
  readonly reranker: CrossEncoderReranker;
  readonly #source: CandidateSource;
  readonly #options: TwoStageRetrieverOptions;
  readonly #fusionModels: FusionModels | undefined;

  static override lc_name(): string {
    return "TwoStageRetriever";
  }

  constructor(options: TwoStageRetrieverOptions) {
    const checked = requireTwoStageOptions(options);
    super(options);
    const { candidates, reranker, blend } = checked;
    this.reranker = reranker;
    this.#source = asCandidateSource("candidates", candidates);
    this.#options = checked;
    this.#fusionModels = blendModels(blend, { reranker, vectorModels: () => this.vectorModels() });
  }

  /**
   * Creates a retriever with the settings that `chooseConfiguration` chose, as a JSON string or parsed. Its
   * depth, blend and threshold replace those of `options`. The decision not to rerank sets the default
   * `rerank: false`; an undecided configuration leaves `options` unchanged. Create a hybrid first stage with
   * the `k` that it was measured with.
   *
   * @throws `invalid-input` if it is not a configuration; `model-mismatch` if it was chosen for another model;
   * `invalid-option` if its depth is less than `k`
   */
  static async fromConfiguration(
    configuration: string | object,
    options: TwoStageRetrieverOptions,
  ): Promise<TwoStageRetriever> {
    requireTwoStageOptions(options);
    const settings = await configuredSettings(configuration, options.reranker);
    return new TwoStageRetriever({ ...options, ...settings });
  }

  /** Returns the models whose vectors the first stage searches, as far as it knows them. */
  async vectorModels(): Promise<readonly ScoringModel[]> {
    return (await this.#source.vectorModels?.()) ?? [];
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
    // Another retriever may call this one without going through `invoke`.
    const call: SearchCall =
      running?.retriever === this ? running : { retriever: this, options: {} };
    const trace = await this.#search(query, call.options, runManager?.getChild());
    call.trace = trace;
    return [...trace.documents];
  }

  /**
   * Runs one search and returns its documents with the trace of every stage; `invoke` returns the documents
   * only.
   */
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
      `${this.constructor.name} overrides \`_getRelevantDocuments\`, which produces no trace: call \`invoke\`, or \`search\` without \`config\`.`,
    );
  }

  async #search(
    query: string,
    {
      deadlineMs = this.#options.deadlineMs,
      rerank = this.#options.rerank ?? true,
      instruction,
      filter,
      signal,
      ...counts
    }: Omit<TwoStageSearchOptions, "config">,
    callbacks?: Callbacks,
  ): Promise<RetrievalTrace> {
    requireText("query", query);
    if (instruction !== undefined) requireInstructed(this.reranker, { instruction, rerank });
    const { k, candidateCount } = countsOf(this.#options, counts);
    const elapsed = stopwatch();
    if (rerank) await this.#fusionModels?.require(signal);
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
          instruction,
          onStage,
          stageRun,
        })
      : candidates;
    const relevant = rerank ? this.#selectRelevant(ranked) : ranked;
    let documents = withRanks(limitPerSource(relevant, this.#options).slice(0, k));
    for (const compressor of this.#options.compressors ?? []) {
      const stageElapsed = stopwatch();
      const { name } = compressor.constructor;
      const given = documents;
      const compressed = await asStageRun(stageRun(name), (below) =>
        compressDocuments(compressor, { query, documents: given, signal, callbacks: below }),
      );
      documents = withRanks(compressed);
      onStage({ name, milliseconds: stageElapsed(), documents });
    }
    const scored = ranked.filter(isReranked).length;
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
    let report: RerankReport = {};
    try {
      const topN = Math.max(1, candidates.length);
      // A blend can raise documents that the reranker ranks low, and a limit per section or source can remove
      // those above them.
      const canLift = blend !== 1 || hasSourceLimit(this.#options);
      const decisiveRanks = canLift ? topN : k;
      const onReport = (given: RerankReport): void => void (report = given);
      const options = { ...control, topN, decisiveRanks, onReport };
      ranked = await asStageRun(stageRun("rerank"), async () => {
        const documents = await reranker.rerank(query, candidates, options);
        if (report.failure) throw report.failure;
        this.#fusionModels?.requireScorers(documents, reranker.scorer.name);
        return documents;
      });
    } catch (error) {
      if (onError === "throw" || control.signal?.aborted === true) throw error;
      ranked = withoutRerank(candidates);
      const { usage, scorers } = report;
      const kept = { documents: ranked, failure: messageOf(error), usage, scorers };
      onStage({ name: "rerank", milliseconds: elapsed(), ...kept });
      return ranked;
    }
    const { usage, cached, scorers } = report;
    onStage({ name: "rerank", milliseconds: elapsed(), documents: ranked, usage, cached, scorers });
    if (blend === 1) return ranked;
    const blendElapsed = stopwatch();
    const blended = await asStageRun(stageRun("blend"), async () => blendRanked(ranked, blend));
    onStage({ name: "blend", milliseconds: blendElapsed(), documents: blended });
    return blended;
  }

  /**
   * Disposes of the resources in `owned`, last first. If one of them fails, the others are still disposed of.
   */
  async dispose(): Promise<void> {
    await disposeAll(this.#options.owned ?? []);
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Drops documents below the threshold, except the first `minDocuments` and those without a score. */
  #selectRelevant(ranked: readonly Document[]): readonly Document[] {
    const { scoreThreshold, minDocuments = 0 } = this.#options;
    if (scoreThreshold === undefined) return ranked;
    return ranked.filter(
      (document, index) => index < minDocuments || isRelevant(document, scoreThreshold),
    );
  }
}

/** One call of `search` that LangChain passes on to `invoke`. */
interface SearchCall {
  readonly retriever: TwoStageRetriever;
  readonly options: Omit<TwoStageSearchOptions, "config">;
  trace?: RetrievalTrace;
}

interface RerankControl {
  readonly k: number;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number | undefined;
  readonly instruction: string | undefined;
  readonly onStage: (stage: StageTrace) => void;
  readonly stageRun: (name: string) => StageRun<readonly DocumentInterface[]>;
}
