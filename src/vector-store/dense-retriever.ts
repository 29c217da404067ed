import {
  callback,
  checkedByTaker,
  retrieverInputRules,
  wholeNumber,
  required,
  methods,
} from "../option-rules.ts";
import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { untilAborted } from "../abort.ts";
import {
  candidateOptionRules,
  type CandidateOptions,
  type CandidateSource,
} from "../documents/candidate-source.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";
import {
  parseFilter,
  refuseFilter,
  requireConfig,
  requireFilter,
} from "../documents/parse-filter.ts";
import { withProvenance } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { kindOf, requireChoice, requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { byScore, type Scored } from "../ranking/scored.ts";
import type { ScoringModel } from "../ranking/scoring-model.ts";
import { modelOfVectors } from "./vector-model.ts";
import { toWhere } from "./chroma-where.ts";

/**
 * The kind of a vector store's scores: the nearest document has the highest similarity, or the lowest distance.
 */
export type ScoreKind = "similarity" | "cosine-distance";

/** Which vector store a `DenseRetriever` searches, and how it reads the store's scores. */
export interface DenseRetrieverOptions extends BaseRetrieverInput {
  /** The store of `openChroma`, or any LangChain vector store. */
  readonly store: VectorStoreInterface;
  /** How many candidates `invoke` returns, at least 1. @defaultValue 50 */
  readonly k?: number | undefined;
  /** The kind of the store's scores. @defaultValue "similarity"; required for LangChain's own `Chroma` */
  readonly scoreKind?: ScoreKind | undefined;
  /**
   * Converts a validated filter to the store's own format. @defaultValue none; not needed for Chroma and
   * MemoryVectorStore
   */
  readonly toStoreFilter?: ((filter: MetadataFilter) => object | string) | undefined;
}

const denseRetrieverOptionRules: OptionRules<DenseRetrieverOptions> = {
  ...retrieverInputRules,
  store: required(
    methods("a LangChain vector store", "similaritySearchWithScore", "_vectorstoreType"),
  ),
  k: wholeNumber(1),
  scoreKind: checkedByTaker,
  toStoreFilter: callback,
};

/**
 * A first stage that returns the nearest documents of a vector store, each once, with their rank and
 * similarity.
 *
 * @example
 * ```ts
 * import { DenseRetriever, indexFolder, OnnxEmbeddings, openChroma } from "langchain-rerank";
 *
 * await using embeddings = new OnnxEmbeddings({ model: "BAAI/bge-large-en-v1.5" });
 * await using store = await openChroma(embeddings, { collectionName: "guides" });
 * await indexFolder("sample_documents", { store });
 *
 * const retriever = new DenseRetriever({ store, k: 10 });
 * for (const { metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
 *   console.log(metadata.source, metadata.retrieval.dense);
 * }
 * ```
 */
export class DenseRetriever extends BaseRetriever implements CandidateSource {
  override lc_namespace: string[] = ["langchain_rerank", "vector_store"];
  readonly #store: VectorStoreInterface;
  readonly #k: number;
  readonly #scoreKind: ScoreKind;
  readonly #toStoreFilter: DenseRetrieverOptions["toStoreFilter"];

  static override lc_name(): string {
    return "DenseRetriever";
  }

  constructor(options: DenseRetrieverOptions) {
    refuseFilter(options);
    const {
      store,
      k = 50,
      scoreKind,
      toStoreFilter,
      ...input
    } = requireOptions("DenseRetriever", options, denseRetrieverOptionRules);
    super(input);
    this.#store = store;
    this.#k = k;
    this.#scoreKind = requireChoice("scoreKind", scoreKind ?? knownScoreKind(store), [
      "similarity",
      "cosine-distance",
    ]);
    this.#toStoreFilter = toStoreFilter;
  }

  /**
   * Returns the nearest `k` documents that pass the filter, best first; rejects as soon as `signal` is aborted.
   */
  async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    const { k, filter, signal } = requireOptions("candidates", options, candidateOptionRules);
    requireText("query", query);
    signal?.throwIfAborted();
    const wanted = requireFilter(filter);
    const storeFilter = wanted && this.#translate(wanted);
    const search = this.#store.similaritySearchWithScore(query, k, storeFilter);
    const found = await untilAborted(search, signal);
    return this.#rank(found).map(({ item, score }, index) =>
      withProvenance(item, { rank: index + 1, dense: { rank: index + 1, score } }),
    );
  }

  /** Returns the model of the store's embeddings, if they name it. Loads a local one. */
  async vectorModels(): Promise<readonly ScoringModel[]> {
    const model = await modelOfVectors(this.#store.embeddings);
    return model ? [model] : [];
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
    _runManager?: CallbackManagerForRetrieverRun,
  ): Promise<Document[]> {
    return this.candidates(query, { k: this.#k });
  }

  /** Refuses a filter for an unknown store: a store that misreads it might return every document. */
  #translate(filter: MetadataFilter): object | string {
    if (this.#toStoreFilter) return requireTranslation(this.#toStoreFilter(filter));
    if (isOwnChroma(this.#store)) return filter;
    const tree = parseFilter(filter);
    if (tree && isChroma(this.#store)) return toWhere(tree);
    if (tree && isMemory(this.#store)) {
      const passes = metadataPredicate(tree);
      return ({ metadata }: DocumentInterface) => passes(metadata);
    }
    throw new RetrievalError(
      "invalid-option",
      "Stores other than Chroma and MemoryVectorStore have their own filter language: pass `toStoreFilter` to the retriever to translate filters into it.",
    );
  }

  #rank(found: readonly [DocumentInterface, number][]): Scored<DocumentInterface>[] {
    this.#requireScoresOfItsKind(found);
    const documents = requireDocuments(
      "similaritySearchWithScore(query)",
      found.map(([document]) => document),
    );
    const seen = new Set<string>();
    return documents
      .map((item, index) => ({ item, score: this.#toSimilarity(found[index]?.[1] ?? 0), index }))
      .toSorted(byScore)
      .filter(({ item: { id } }) => id === undefined || (!seen.has(id) && seen.add(id)));
  }

  /** A zero vector has no similarity to anything; some stores return NaN for it. */
  #toSimilarity(score: number): number {
    const similarity = this.#scoreKind === "similarity" ? score : 1 - score;
    return Number.isFinite(similarity) ? similarity : 0;
  }

  /** A store returns the nearest document first; scores in the opposite order are of the other kind. */
  #requireScoresOfItsKind(found: readonly [DocumentInterface, number][]): void {
    const scores = found.map(([, score]) => score).filter(Number.isFinite);
    const [first, last] = [scores[0] ?? 0, scores.at(-1) ?? 0];
    const isWrong = this.#scoreKind === "similarity" ? first < last : first > last;
    if (!isWrong) return;
    const other = this.#scoreKind === "similarity" ? "cosine-distance" : "similarity";
    throw new RetrievalError(
      "invalid-option",
      `Expected "${this.#scoreKind}" scores from this store, got scores from ${first} to ${last}, nearest first: if these are "${other}" scores, set \`scoreKind: "${other}"\`.`,
    );
  }
}

/** LangChain's own `Chroma` returns distances of a kind that only its user knows. */
function knownScoreKind(store: VectorStoreInterface): ScoreKind {
  if (!isChroma(store) || isOwnChroma(store)) return "similarity";
  throw new RetrievalError(
    "invalid-option",
    'LangChain\'s `Chroma` scores by distance: pass a store from `openChroma`, or `scoreKind: "cosine-distance"` if its collection was created with `"hnsw:space": "cosine"`.',
  );
}

/** Whether this is LangChain's in-memory store, whose filter is a function of the document. */
function isMemory(store: VectorStoreInterface): boolean {
  // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
  return store._vectorstoreType() === "memory";
}

/** Whether `openChroma` created the store, which then converts filters itself. */
function isOwnChroma(store: VectorStoreInterface): boolean {
  return isChroma(store) && "scoreKind" in store;
}

function isChroma(store: VectorStoreInterface): boolean {
  // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
  return store._vectorstoreType() === "chroma";
}

/** A store treats an empty object, or nothing, as no filter. */
function requireTranslation(translated: object | string): object | string {
  const isText = typeof translated === "string" && translated !== "";
  const isFunction = typeof translated === "function";
  const isObject = typeof translated === "object" && translated !== null;
  const isFull = isObject && !("then" in translated) && Object.keys(translated).length > 0;
  if (isText || isFunction || isFull) return translated;
  const got = isObject && !("then" in translated) ? "an empty object" : kindOf(translated);
  throw new RetrievalError(
    "invalid-option",
    `Expected \`toStoreFilter\` to return a filter for the store (a string, object or function), got ${got}: the store would return documents that the filter excludes.`,
  );
}
