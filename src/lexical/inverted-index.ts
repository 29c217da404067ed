import { DocumentTable, type DocumentMetadata } from "./document-table.ts";
import { FrequencyClasses } from "./frequency-classes.ts";
import { PostingArena } from "./posting-arena.ts";
import { PostingList } from "./posting-list.ts";

/** A document whose text is split into terms. */
export interface AnalyzedDocument {
  readonly id: string;
  readonly terms: readonly string[];
  /** Searchable like terms, but not counted in the document's length. */
  readonly lengthless: readonly string[];
  readonly metadata: DocumentMetadata | undefined;
  /** Kept if present. */
  readonly text: string | undefined;
}

/** Which documents contain which term, and how often: the exact statistics that BM25 needs. */
export class InvertedIndex {
  readonly documents: DocumentTable;
  readonly classes: FrequencyClasses;
  readonly lists: Map<string, PostingList>;
  readonly #arena = new PostingArena();
  #deletions = 0;
  #changes = 0;

  constructor({
    documents = new DocumentTable(),
    classes = new FrequencyClasses(),
    lists = new Map(),
  }: Partial<Pick<InvertedIndex, "documents" | "classes" | "lists">> = {}) {
    this.documents = documents;
    this.classes = classes;
    this.lists = lists;
  }

  /** Increases with each change of the collection; values derived earlier are then outdated. */
  get changes(): number {
    return this.#changes;
  }

  /** Adds a document; its id must be new. */
  add({ id, terms, lengthless, metadata, text }: AnalyzedDocument): void {
    this.#changes += 1;
    const { length } = terms;
    const slot = this.documents.add({ id, length, metadata, text });
    const ofLength = this.classes.ofLength(length);
    for (const list of [...this.#meet(terms), ...this.#meet(lengthless)]) {
      const occurrence = { frequency: list.met, length };
      list.met = 0;
      list.append(slot, this.classes.classOf(occurrence, ofLength), occurrence, this.#arena);
    }
  }

  /**
   * Deletes a document; returns `false` if there is none with this id. Its postings are removed when their
   * lists are next read.
   */
  delete(id: string): boolean {
    if (!this.documents.delete(id)) return false;
    this.#changes += 1;
    this.#deletions += 1;
    return true;
  }

  /** The postings of a term, without deleted documents, so that their count is the document frequency. */
  postingsOf(term: string): PostingList | undefined {
    const list = this.lists.get(term);
    list?.sweep(this.documents.lengths, this.#deletions);
    return list;
  }

  /** The lists of the distinct terms, each with its frequency in `met`. */
  #meet(terms: readonly string[]): PostingList[] {
    const different: PostingList[] = [];
    for (const term of terms) {
      let list = this.lists.get(term);
      if (!list) {
        list = new PostingList(this.#arena.take(1, 0), this.#deletions);
        this.lists.set(term, list);
      }
      if (list.met === 0) different.push(list);
      list.met += 1;
    }
    return different;
  }
}
