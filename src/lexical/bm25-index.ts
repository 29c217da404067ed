import { checkedByTaker, choice } from "../option-rules.ts";
import { requireString, requireWholeNumber, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import {
  passageTextOptionRules,
  textWithFields,
  type PassageTextOptions,
} from "../documents/passage-text.ts";
import { createAnalyzer, type AnalyzedText, type Analyzer, analyzerRule } from "./analyzer.ts";
import {
  bm25ParameterRules,
  Bm25Scoring,
  type Bm25Parameters,
  type TermWeight,
} from "./bm25-scoring.ts";
import {
  bm25AddOptionRules,
  listOf,
  requireDocuments,
  requireIds,
  type Bm25AddOptions,
  type Bm25Document,
} from "./bm25-document.ts";
import { compact } from "./compaction.ts";
import type { DocumentMetadata } from "./document-table.ts";
import { loadIndex, saveIndex } from "./index-file.ts";
import { InvertedIndex } from "./inverted-index.ts";
import { Breather } from "../breather.ts";
import { toPredicate, type SearchFilter } from "./search-filter.ts";
import { textPieces } from "./text-pieces.ts";
import { Turns } from "./turns.ts";

/** How a `Bm25Index` cuts texts into terms, scores them, and whether it keeps them. */
export interface Bm25IndexOptions extends Bm25Parameters, PassageTextOptions {
  /** Splits texts and queries into terms. @defaultValue `createAnalyzer()` */
  readonly analyzer?: Analyzer | undefined;
  /** Whether `get` returns texts; searches do not need them. @defaultValue "drop" */
  readonly texts?: "keep" | "drop" | undefined;
}

const bm25IndexOptionRules: OptionRules<Bm25IndexOptions> = {
  ...bm25ParameterRules,
  ...passageTextOptionRules,
  analyzer: analyzerRule,
  texts: choice("keep", "drop"),
};

/** Options of one `search` call. */
export interface Bm25SearchOptions {
  /** Which documents may be found: their ids, or a predicate. @defaultValue all */
  readonly filter?: SearchFilter | undefined;
}

const bm25SearchOptionRules: OptionRules<Bm25SearchOptions> = { filter: checkedByTaker };

/** A document that a search found. */
export interface Bm25Hit {
  readonly id: string;
  readonly score: number;
}

/** Compacting fewer deleted documents than this is not worthwhile. */
const fewDeletions = 1024;

/**
 * Finds texts by their words, scored by BM25 over the current documents.
 *
 * Searches are synchronous and take milliseconds. Changes are asynchronous: a long list is processed in steps
 * with other work in between, and documents can be found as soon as their step is done. Changes take effect one
 * after the other, in the order of the calls.
 */
export class Bm25Index {
  readonly analyzer: Analyzer;
  readonly texts: "keep" | "drop";
  /** The metadata fields that are searched together with the text. */
  readonly passageFields: readonly string[];
  readonly #scoring: Bm25Scoring;
  readonly #turns = new Turns();
  #index = new InvertedIndex();

  constructor(options: Bm25IndexOptions = {}) {
    const {
      analyzer = createAnalyzer(),
      texts = "drop",
      passageFields = [],
      ...parameters
    } = requireOptions("Bm25Index", options, bm25IndexOptionRules);
    this.analyzer = analyzer;
    this.texts = texts;
    this.passageFields = [...passageFields];
    this.#scoring = new Bm25Scoring(parameters);
  }

  /**
   * Loads an index that `save` wrote, with its parameters and `passageFields`.
   *
   * @throws `index-mismatch` if the file has another format version or was made with another analyzer
   * @throws `index-damaged` if the file is not what was saved
   */
  static async load(
    path: string,
    options: Pick<Bm25IndexOptions, "analyzer"> = {},
  ): Promise<Bm25Index> {
    const { analyzer = createAnalyzer() } = requireOptions("Bm25Index.load", options, {
      analyzer: bm25IndexOptionRules.analyzer,
    });
    const { index, settings } = await loadIndex(path);
    if (settings.analyzer !== analyzer.name) {
      throw new RetrievalError(
        "index-mismatch",
        `The index at ${path} was built with the analyzer "${settings.analyzer}", not with "${analyzer.name}": load it with the same analyzer, or rebuild it.`,
      );
    }
    const { parameters, texts, passageFields = [] } = settings;
    const loaded = new Bm25Index({ analyzer, texts, passageFields, ...parameters });
    loaded.#index = index;
    return loaded;
  }

  /** Number of documents. */
  get size(): number {
    return this.#index.documents.size;
  }

  /** The ids of all documents, oldest first. */
  ids(): IterableIterator<string> {
    return this.#index.documents.liveIds();
  }

  /** Whether the index holds a document with this id. */
  has(id: string): boolean {
    return this.#index.documents.slotOf(id) !== undefined;
  }

  /** A document's metadata, and its text if the index keeps texts; `undefined` if there is no such document. */
  get(id: string): { readonly metadata: DocumentMetadata; readonly text?: string } | undefined {
    const { documents } = this.#index;
    const slot = documents.slotOf(id);
    if (slot === undefined) return undefined;
    const [metadata, text] = [documents.metadataAt(slot), documents.textAt(slot)];
    return text === undefined ? { metadata } : { metadata, text };
  }

  /**
   * Adds documents under new ids.
   *
   * @throws `invalid-input` if an id exists already; nothing is added then
   */
  async add(documents: readonly Bm25Document[], options: Bm25AddOptions = {}): Promise<void> {
    await this.#takeIn(
      documents,
      (id) => this.has(id),
      requireOptions("add", options, bm25AddOptionRules),
    );
  }

  /** Adds documents. A document with an existing id replaces the old one, and counts as the newest. */
  async update(documents: readonly Bm25Document[], options: Bm25AddOptions = {}): Promise<void> {
    await this.#takeIn(
      documents,
      () => false,
      requireOptions("update", options, bm25AddOptionRules),
    );
  }

  /** Deletes documents and returns how many existed; unknown ids are ignored. */
  async delete(ids: readonly string[]): Promise<number> {
    requireIds(ids);
    const given = [...ids];
    return this.#turns.take(async () => {
      const deleted = given.filter((id) => this.#index.delete(id)).length;
      await this.#compactIfDue();
      return deleted;
    });
  }

  /** Returns the best `k` documents that share a term with the query, best first; ties by age, oldest first. */
  search(query: string, k: number, options: Bm25SearchOptions = {}): Bm25Hit[] {
    const { filter } = requireOptions("search", options, bm25SearchOptionRules);
    requireString("query", query);
    requireWholeNumber("k", k, 1);
    const index = this.#index;
    const { documents } = index;
    const passes = toPredicate(filter);
    const accepts = (slot: number): boolean =>
      passes?.(documents.ids[slot] ?? "", documents.metadataAt(slot)) ?? true;
    return this.#scoring
      .search(index, this.#asked(query), { k, accepts: passes && accepts })
      .map(({ item, score }) => ({ id: item, score }));
  }

  /**
   * Returns what each term of the query adds to the score of the document with this id; the weights add up to the score
   * that `search` gives it. Terms that no document contains are left out; the result is empty without such a document.
   */
  explain(query: string, id: string): TermWeight[] {
    requireString("query", query);
    requireString("id", id);
    const slot = this.#index.documents.slotOf(id);
    if (slot === undefined) return [];
    return this.#scoring.explain(this.#index, this.#asked(query), slot);
  }

  /**
   * Frees the memory of deleted documents and unused capacity. Runs automatically when more documents were
   * deleted than remain, and at least 1,024.
   */
  async compact(): Promise<void> {
    await this.#turns.take(() => this.#compact());
  }

  /** Writes the index to one file; an existing file is replaced atomically. */
  async save(path: string): Promise<void> {
    await this.#turns.take(async () => {
      if (this.#index.documents.deleted > 0) await this.#compact();
      await saveIndex(path, this.#index, {
        analyzer: this.analyzer.name,
        parameters: this.#scoring.parameters,
        texts: this.texts,
        passageFields: this.passageFields,
      });
    });
  }

  async #takeIn(
    documents: readonly Bm25Document[],
    isTaken: (id: string) => boolean,
    { signal, onProgress }: Bm25AddOptions,
  ): Promise<void> {
    const given = listOf(documents);
    const total = given.length;
    await this.#turns.take(async () => {
      const breather = new Breather(signal);
      await requireDocuments(given, isTaken, breather);
      for (const [done, document] of given.entries()) {
        if (breather.isDue) {
          onProgress?.({ done, total });
          await breather.pause();
        }
        const whole = { pageContent: document.text, metadata: document.metadata ?? {} };
        const searched = textWithFields(whole, this.passageFields);
        this.#put(document, await this.#analyzed(searched, breather));
      }
      onProgress?.({ done: total, total });
      await this.#compactIfDue();
    }, signal);
  }

  /** The terms of a query, or its stop words if it has no other terms. */
  #asked(query: string): string[] {
    const { terms, stopWords } = this.#cut(query);
    return terms.length > 0 ? terms : stopWords.map(asStopWord);
  }

  #cut(text: string): AnalyzedText {
    const { analyzer } = this;
    return analyzer.analyzeAll?.(text) ?? { terms: analyzer.analyze(text), stopWords: [] };
  }

  async #analyzed(text: string, breather: Breather): Promise<AnalyzedText> {
    if (this.analyzer.cutsAtBlanks !== true) return this.#cut(text);
    const whole: AnalyzedText = { terms: [], stopWords: [] };
    for (const piece of textPieces(text)) {
      if (breather.isDue) await breather.pause();
      const { terms, stopWords } = this.#cut(piece);
      for (const term of terms) whole.terms.push(term);
      for (const stopWord of stopWords) whole.stopWords.push(stopWord);
    }
    return whole;
  }

  #put({ id, text, metadata }: Bm25Document, { terms, stopWords }: AnalyzedText): void {
    this.#index.delete(id);
    this.#index.add({
      id,
      terms,
      lengthless: stopWords.map(asStopWord),
      metadata: metadata && { ...metadata },
      text: this.texts === "keep" ? text : undefined,
    });
  }

  async #compactIfDue(): Promise<void> {
    const { deleted, size } = this.#index.documents;
    if (deleted >= fewDeletions && deleted > size) await this.#compact();
  }

  async #compact(): Promise<void> {
    this.#index = await compact(this.#index);
  }
}

/** Adds a blank, which no term contains, so that a stop word cannot equal a term. */
function asStopWord(word: string): string {
  return ` ${word}`;
}
