/** Attributes of a document beside its text; stored as JSON in a saved index. */
export type DocumentMetadata = Readonly<Record<string, unknown>>;

/** Where texts are stored that need not be in memory. */
export interface TextSource {
  textAt(slot: number): string | undefined;
}

const noMetadata: DocumentMetadata = Object.freeze({});

/** The documents of an index by slot; slots are numbered in the order of insertion. */
export class DocumentTable {
  readonly ids: string[] = [];
  /** Number of terms of each document; -1 if it was deleted. */
  readonly lengths: number[] = [];
  readonly #metadata: (DocumentMetadata | undefined)[] = [];
  readonly #texts: (string | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #loaded: TextSource | undefined;
  #totalLength = 0;

  constructor(loaded?: TextSource) {
    this.#loaded = loaded;
  }

  /** Number of documents, without the deleted ones. */
  get size(): number {
    return this.#slots.size;
  }

  /** How many slots belong to deleted documents. */
  get deleted(): number {
    return this.ids.length - this.#slots.size;
  }

  /** Mean number of terms per document, without the deleted ones. */
  get averageLength(): number {
    return this.#totalLength / this.size;
  }

  /** The ids of all documents that are not deleted, by ascending slot. */
  liveIds(): IterableIterator<string> {
    return this.#slots.keys();
  }

  slotOf(id: string): number | undefined {
    return this.#slots.get(id);
  }

  metadataAt(slot: number): DocumentMetadata {
    return this.#metadata[slot] ?? noMetadata;
  }

  /** The text of a document, if texts are kept. */
  textAt(slot: number): string | undefined {
    return this.#texts[slot] ?? this.#loaded?.textAt(slot);
  }

  /** Adds a document in the next slot; its id must be new. */
  add(entry: {
    readonly id: string;
    readonly length: number;
    readonly metadata: DocumentMetadata | undefined;
    readonly text?: string | undefined;
  }): number {
    const slot = this.ids.length;
    this.ids.push(entry.id);
    this.lengths.push(entry.length);
    this.#metadata.push(entry.metadata);
    if (entry.text !== undefined) this.#texts[slot] = entry.text;
    this.#slots.set(entry.id, slot);
    this.#totalLength += entry.length;
    return slot;
  }

  /** Deletes a document; returns `false` if there is none with this id. */
  delete(id: string): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#totalLength -= this.lengths[slot] ?? 0;
    this.lengths[slot] = -1;
    this.#metadata[slot] = undefined;
    this.#texts[slot] = undefined;
    this.#slots.delete(id);
    return true;
  }
}
