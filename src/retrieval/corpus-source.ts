import type { Document, DocumentInterface } from "@langchain/core/documents";
import {
  candidateOptionRules,
  type CandidateOptions,
  type CandidateSource,
} from "../documents/candidate-source.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";
import { parseFilter } from "../documents/parse-filter.ts";
import { withProvenance } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireText } from "../errors.ts";
import { requireOptions } from "../options.ts";

/**
 * A first stage that returns every document, in the order of the corpus, so that the cross-encoder alone
 * decides. Its time grows with the corpus. Use it as the reference for the recall of a real first stage.
 */
export class CorpusSource implements CandidateSource {
  readonly #documents: readonly DocumentInterface[];

  constructor(documents: readonly DocumentInterface[]) {
    this.#documents = requireDocuments("documents", documents);
  }

  /** Number of documents; a `candidateCount` of this size leaves none out. */
  get size(): number {
    return this.#documents.length;
  }

  /** Returns the first `k` documents that pass the filter, in the caller's order. */
  async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    const { k, filter, signal } = requireOptions("candidates", options, candidateOptionRules);
    requireText("query", query);
    signal?.throwIfAborted();
    const tree = parseFilter(filter);
    const isWanted = tree ? metadataPredicate(tree) : () => true;
    return this.#documents
      .filter(({ metadata }) => isWanted(metadata))
      .slice(0, k)
      .map((document, index) => withProvenance(document, { rank: index + 1 }));
  }
}
