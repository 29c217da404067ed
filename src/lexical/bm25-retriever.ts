import { methods, retrieverInputRules, wholeNumber, required, strings } from "../option-rules.ts";
import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  candidateOptionRules,
  type CandidateOptions,
  type CandidateSource,
} from "../documents/candidate-source.ts";
import { identityOf } from "../documents/identity.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";
import { parseFilter, refuseFilter, requireConfig } from "../documents/parse-filter.ts";
import {
  passageTextOptionRules,
  requireSameFields,
  type PassageTextOptions,
} from "../documents/passage-text.ts";
import { withProvenance } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { bm25AddOptionRules, type Bm25AddOptions } from "./bm25-document.ts";
import { Bm25Index, type Bm25IndexOptions } from "./bm25-index.ts";
import { bm25ParameterRules } from "./bm25-scoring.ts";
import { analyzerRule } from "./analyzer.ts";

/** Which index a `Bm25Retriever` searches, and how many documents it returns. */
export interface Bm25RetrieverOptions extends BaseRetrieverInput, PassageTextOptions {
  /** The index to search; it must keep texts. @defaultValue a new `Bm25Index({ texts: "keep" })` */
  readonly index?: Bm25Index | undefined;
  /** How many candidates `invoke` returns, at least 1. @defaultValue 50 */
  readonly k?: number | undefined;
}

const bm25RetrieverOptionRules: OptionRules<Bm25RetrieverOptions> = {
  ...retrieverInputRules,
  ...passageTextOptionRules,
  index: methods("a Bm25Index", "search", "update"),
  k: wholeNumber(1),
};

const fromDocumentsOptionRules = {
  ...bm25ParameterRules,
  ...bm25AddOptionRules,
  ...passageTextOptionRules,
  analyzer: analyzerRule,
  k: wholeNumber(1),
};

/**
 * A first stage that finds the documents sharing terms with the query, with their rank and BM25 score.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, loadFolder, splitPassages } from "langchain-rerank";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const passages = await splitPassages(documents);
 * const retriever = await Bm25Retriever.fromDocuments(passages, { k: 10 });
 * for (const { metadata } of await retriever.invoke("How does LoRA reduce memory?")) {
 *   console.log(metadata.source, metadata.retrieval.lexical);
 * }
 * ```
 */
export class Bm25Retriever extends BaseRetriever implements CandidateSource {
  override lc_namespace: string[] = ["langchain_rerank", "lexical"];
  readonly index: Bm25Index;
  readonly #k: number;

  static override lc_name(): string {
    return "Bm25Retriever";
  }

  constructor(options: Bm25RetrieverOptions = {}) {
    refuseFilter(options);
    const {
      passageFields,
      index = new Bm25Index({ texts: "keep", passageFields }),
      k = 50,
      ...input
    } = requireOptions("Bm25Retriever", options, bm25RetrieverOptionRules);
    super(input);
    requireSameFields(passageFields, index.passageFields, "the index");
    this.index = requireTexts(index);
    this.#k = k;
  }

  /** Creates a retriever over these documents. */
  static async fromDocuments(
    documents: readonly DocumentInterface[],
    options: Omit<Bm25IndexOptions, "texts"> &
      Pick<Bm25RetrieverOptions, "k"> &
      Bm25AddOptions = {},
  ): Promise<Bm25Retriever> {
    refuseFilter(options);
    const { k, signal, onProgress, ...indexing } = requireOptions(
      "Bm25Retriever.fromDocuments",
      options,
      fromDocumentsOptionRules,
    );
    const index = new Bm25Index({ ...indexing, texts: "keep" });
    const retriever = new Bm25Retriever({ index, k });
    await retriever.addDocuments(documents, { signal, onProgress });
    return retriever;
  }

  /** Creates a retriever from a file that `save` wrote; throws as `Bm25Index.load` does. */
  static async load(
    path: string,
    options: Pick<Bm25RetrieverOptions, "k"> & Pick<Bm25IndexOptions, "analyzer"> = {},
  ): Promise<Bm25Retriever> {
    const { k, analyzer } = fromDocumentsOptionRules;
    requireOptions("Bm25Retriever.load", options, { k, analyzer });
    const index = await Bm25Index.load(path, { analyzer: options.analyzer });
    return new Bm25Retriever({ index, k: options.k });
  }

  /**
   * Adds documents and returns their ids. A document without an id gets a hash of its source and text; one with
   * an existing id replaces the old one. Of several with the same id, the last one counts.
   */
  async addDocuments(
    documents: readonly DocumentInterface[],
    options: Bm25AddOptions = {},
  ): Promise<string[]> {
    requireOptions("addDocuments", options, bm25AddOptionRules);
    const entries = requireDocuments("documents", documents).map((document) => ({
      id: identityOf(document),
      text: document.pageContent,
      metadata: document.metadata,
    }));
    await this.index.update(
      [...new Map(entries.map((entry) => [entry.id, entry])).values()],
      options,
    );
    return entries.map(({ id }) => id);
  }

  /** Deletes documents and returns how many existed; unknown ids are ignored. */
  async delete(options: { readonly ids: readonly string[] }): Promise<number> {
    const { ids } = requireOptions("delete", options, { ids: required(strings) });
    return this.index.delete(ids);
  }

  /** Writes the documents and their index to one file. */
  async save(path: string): Promise<void> {
    await this.index.save(path);
  }

  /** Returns the best `k` documents that pass the filter, best first. */
  async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    const { k, filter, signal } = requireOptions("candidates", options, candidateOptionRules);
    requireText("query", query);
    signal?.throwIfAborted();
    const tree = parseFilter(filter);
    const passes = tree && metadataPredicate(tree);
    const hits = this.index.search(query, k, {
      filter: passes && ((_id, metadata) => passes(metadata)),
    });
    return hits.map(({ id, score }, position) => {
      const { text = "", metadata } = this.index.get(id) ?? { metadata: {} };
      const document = new Document({ id, pageContent: text, metadata });
      return withProvenance(document, {
        rank: position + 1,
        lexical: { rank: position + 1, score },
      });
    });
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
}

function requireTexts(index: Bm25Index): Bm25Index {
  if (index.texts === "keep") return index;
  throw new RetrievalError(
    "invalid-option",
    'A retriever returns documents with their texts: create the index with `texts: "keep"`.',
  );
}
