import {
  checkedByTaker,
  methods,
  required,
  retrieverInputRules,
  string,
  wholeNumber,
  choice,
} from "../option-rules.ts";
import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import type { RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import {
  candidateOptionRules,
  type CandidateOptions,
  type CandidateSource,
} from "../documents/candidate-source.ts";
import { identityOf } from "../documents/identity.ts";
import { refuseFilter, requireConfig, requireFilter } from "../documents/parse-filter.ts";
import { provenanceOf, withProvenance } from "../documents/provenance.ts";
import { describe, requireText, RetrievalError, messageOf } from "../errors.ts";
import type { Fused, Fusion } from "../fusion/fusion.ts";
import { reciprocalRankFusion } from "../fusion/reciprocal-rank-fusion.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { FittedFusion } from "../ranking/fitted-fusion.ts";
import type { ScoringModel } from "../ranking/scoring-model.ts";
import { asCandidateSource, ownCount, type AnyRetriever } from "./any-retriever.ts";
import { fuseFitted, type RankedDocument } from "./fuse-fitted.ts";
import { FusionModels, requireFusion } from "./fusion-models.ts";
import { asStageRun, documentsOut } from "./stage-run.ts";
import { stopwatch } from "./stopwatch.ts";

/** One of several retrievers, with options of its own. */
export interface HybridMember {
  readonly retriever: CandidateSource | AnyRetriever;
  /**
   * How many documents it contributes to the fusion, at least 1. @defaultValue the `k` of a LangChain
   * retriever, or else the larger of the hybrid's `k` and the call's
   */
  readonly k?: number | undefined;
  /** Its name in traces. @defaultValue the name of its class */
  readonly name?: string | undefined;
}

/** Which retrievers a `HybridRetriever` asks, and how it fuses their rankings. */
export interface HybridRetrieverOptions extends BaseRetrieverInput {
  /** At least one; this package's retrievers and any of LangChain's. */
  readonly retrievers: readonly (CandidateSource | AnyRetriever | HybridMember)[];
  /**
   * How to merge their rankings; a fusion of `fitFusion` must be fitted with `features:
   * "first-stage"`. @defaultValue reciprocalRankFusion()
   */
  readonly fusion?: Fusion | FittedFusion | undefined;
  /** How many documents `invoke` returns, at least 1. @defaultValue 50 */
  readonly k?: number | undefined;
  /** What to do if a retriever fails: throw, or continue with the others. @defaultValue "throw" */
  readonly onError?: "throw" | "continue" | undefined;
}

const fusionMethods = methods("a fusion, such as reciprocalRankFusion()", "fuse");

const hybridMemberRules: OptionRules<HybridMember> = {
  retriever: required(checkedByTaker),
  k: wholeNumber(1),
  name: string,
};

const hybridRetrieverOptionRules: OptionRules<HybridRetrieverOptions> = {
  ...retrieverInputRules,
  retrievers: required(checkedByTaker),
  fusion: (name, value) => (isFitted(value) ? undefined : fusionMethods(name, value)),
  k: wholeNumber(1),
  onError: choice("throw", "continue"),
};

/**
 * Asks several retrievers at once and fuses their rankings into one; each document keeps its rank and score in
 * every ranking.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, DenseRetriever, HybridRetriever } from "langchain-rerank";
 * import { indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";
 *
 * await using embeddings = new OnnxEmbeddings({ model: "BAAI/bge-large-en-v1.5" });
 * await using store = await openChroma(embeddings, { collectionName: "guides" });
 * const bm25 = new Bm25Retriever();
 * await indexFolder("sample_documents", { store, lexical: bm25 });
 *
 * const retriever = new HybridRetriever({ retrievers: [new DenseRetriever({ store }), bm25], k: 10 });
 * const [first] = await retriever.invoke("How does LoRA reduce memory?");
 * console.log(first?.metadata.retrieval); // The rank and score in each list, and the fused rank.
 * ```
 */
export class HybridRetriever extends BaseRetriever implements CandidateSource {
  override lc_namespace: string[] = ["langchain_rerank", "retrieval"];
  readonly #members: readonly Member[];
  readonly #fusion: Fusion | FittedFusion;
  readonly #fusionModels: FusionModels | undefined;
  readonly #k: number;
  readonly #onError: "throw" | "continue";

  static override lc_name(): string {
    return "HybridRetriever";
  }

  constructor(options: HybridRetrieverOptions) {
    refuseFilter(options);
    const {
      retrievers,
      fusion = reciprocalRankFusion(),
      k = 50,
      onError = "throw",
      ...input
    } = requireOptions("HybridRetriever", options, hybridRetrieverOptionRules);
    super(input);
    if (!Array.isArray(retrievers) || retrievers.length === 0) {
      const got = Array.isArray(retrievers) ? "an empty array" : describe(retrievers);
      throw new RetrievalError(
        "invalid-option",
        `Expected \`retrievers\` to be an array of at least one retriever, got ${got}.`,
      );
    }
    this.#members = retrievers.map(toMember);
    this.#fusion = isFitted(fusion) ? requireFusion("fusion", fusion, "first-stage") : fusion;
    this.#fusionModels = isFitted(this.#fusion)
      ? new FusionModels(this.#fusion, { embeddings: () => this.vectorModels() })
      : undefined;
    this.#k = k;
    this.#onError = onError;
  }

  /**
   * Returns the best `k` documents after fusion. Passes filter and signal to every retriever, and reports each
   * ranking to `onStage`.
   */
  async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    requireOptions("candidates", options, candidateOptionRules);
    const { k, signal, onStage, callbacks } = options;
    requireText("query", query);
    const filter = requireFilter(options.filter);
    signal?.throwIfAborted();
    await this.#fusionModels?.require(signal);
    const siblings = new AbortController();
    const together = signal ? AbortSignal.any([signal, siblings.signal]) : siblings.signal;
    const searches = this.#members.map((member) =>
      this.#search(member, query, { ...options, filter, signal: together }),
    );
    const lists = await untilAborted(Promise.all(searches), signal).catch((error: unknown) => {
      siblings.abort(error); // The other rankings are no longer needed.
      throw error;
    });
    const failures = lists.flatMap(({ error }) => error ?? []);
    if (failures.length === lists.length) throw failures[0];
    const elapsed = stopwatch();
    const stage = { name: "fusion", callbacks, inputs: { query }, outputsOf: documentsOut };
    const documents = await asStageRun(stage, async () => this.#fuse(lists, k));
    onStage?.({ name: "fusion", milliseconds: elapsed(), documents });
    return documents;
  }

  /** Returns the models of all retrievers that know theirs, in their order. Loads local ones. */
  async vectorModels(): Promise<readonly ScoringModel[]> {
    const models = this.#members.map(async ({ source }) => source.vectorModels?.() ?? []);
    return (await Promise.all(models)).flat();
  }

  /**
   * Works as in LangChain's retrievers. A `filter` in the options is refused, because LangChain would drop it.
   */
  override async invoke(
    query: string,
    options?: Partial<RunnableConfig>,
  ): Promise<DocumentInterface[]> {
    requireConfig(options);
    return super.invoke(query, options);
  }

  override async _getRelevantDocuments(
    query: string,
    runManager?: CallbackManagerForRetrieverRun,
  ): Promise<Document[]> {
    return this.candidates(query, { k: this.#k, callbacks: runManager?.getChild() });
  }

  #fuse(lists: readonly FoundList[], k: number): Document[] {
    const rankings = lists.map((list) => list.documents.map(toRankedItem));
    const fusion = this.#fusion;
    if (isFitted(fusion)) return fuseFitted(rankings, fusion).slice(0, k);
    return fusion
      .fuse(rankings)
      .slice(0, k)
      .map((fused, index) => writeFused(fused, { rank: index + 1, method: fusion.method }));
  }

  async #search(
    { source, name, k }: Member,
    query: string,
    options: CandidateOptions,
  ): Promise<FoundList> {
    const elapsed = stopwatch();
    try {
      // Does not shrink with a small k: the first fused documents depend on the lower ranks of each list.
      const depth = k ?? Math.max(options.k, this.#k);
      const { callbacks } = options;
      const stage = { name, callbacks, inputs: { query }, outputsOf: documentsOut };
      const documents = await asStageRun(stage, (below) =>
        source.candidates(query, { ...options, k: depth, callbacks: below }),
      );
      options.onStage?.({ name, milliseconds: elapsed(), documents });
      return { documents };
    } catch (error) {
      if (this.#onError === "throw" || options.signal?.aborted === true) throw error;
      const failure = messageOf(error);
      options.onStage?.({ name, milliseconds: elapsed(), documents: [], failure });
      return { documents: [], error };
    }
  }
}

/** The document's first entry, with its rank in each list and in the fused one. */
function writeFused(
  { item, score, ranks }: Fused<RankedDocument>,
  { rank, method }: { readonly rank: number; readonly method: string },
): Document {
  const found = ranks.map((each) => provenanceOf(each.item.document));
  const stages = Object.assign({}, ...found.toReversed());
  return withProvenance(item.document, { ...stages, rank, fused: { rank, score, method } });
}

/** Whether it is the plain data of a fitted fusion, which has no method `fuse`. */
function isFitted(fusion: unknown): fusion is FittedFusion {
  return (
    typeof fusion === "object" && fusion !== null && "weights" in fusion && !("fuse" in fusion)
  );
}

interface FoundList {
  readonly documents: readonly Document[];
  readonly error?: unknown;
}

interface Member {
  readonly source: CandidateSource;
  readonly name: string;
  readonly k: number | undefined;
}

function toMember(given: CandidateSource | AnyRetriever | HybridMember, index: number): Member {
  // LangChain's multi-query retriever has a field `retriever`, too.
  const isMember =
    typeof given === "object" && given !== null && "retriever" in given && !("invoke" in given);
  const member = isMember ? given : { retriever: given };
  refuseFilter(member);
  const option = `retrievers[${index}]`;
  requireOptions(option, member, hybridMemberRules);
  const { retriever } = member;
  const source = asCandidateSource(option, retriever);
  const { name = retriever.constructor.name, k = ownCount(retriever) } = member;
  return { source, name, k };
}

function toRankedItem(document: Document): RankedDocument {
  const { fused, lexical, dense } = provenanceOf(document);
  return { id: identityOf(document), score: (fused ?? lexical ?? dense)?.score, document };
}
