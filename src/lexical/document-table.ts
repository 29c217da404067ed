/** What a document says about itself beside its text; kept as JSON in a saved index. */
export type DocumentMetadata = Readonly<Record<string, unknown>>;

/** Where texts are kept that need not be at hand. */
export interface TextSource {
  textAt(slot: number): string | undefined;
}

const noMetadata: DocumentMetadata = Object.freeze({});

/** The documents of an index by slot: a document's slot is its place in the order of insertion. */
export class DocumentTable {
  readonly ids: string[] = [];
  /** How many terms each document has; -1 where it was deleted. */
  readonly lengths: number[] = [];
  readonly #metadata: (DocumentMetadata | undefined)[] = [];
  readonly #texts: (string | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #loaded: TextSource | undefined;
  #totalLength = 0;

  constructor(loaded?: TextSource) {
    this.#loaded = loaded;
  }

  /** How many documents are there, without the deleted ones. */
  get size(): number {
    return this.#slots.size;
  }

  /** How many slots hold a deleted document. */
  get deleted(): number {
    return this.ids.length - this.#slots.size;
  }

  /** Mean number of terms of the documents that are there. */
  get averageLength(): number {
    return this.#totalLength / this.size;
  }

  /** The ids of the documents that are there, by ascending slot. */
  liveIds(): IterableIterator<string> {
    return this.#slots.keys();
  }

  slotOf(id: string): number | undefined {
    return this.#slots.get(id);
  }

  metadataAt(slot: number): DocumentMetadata {
    return this.#metadata[slot] ?? noMetadata;
  }

  /** The text of a document, where texts are kept. */
  textAt(slot: number): string | undefined {
    return this.#texts[slot] ?? this.#loaded?.textAt(slot);
  }

  /** Puts a document into the next slot; its id must not be there. */
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

  /** Deletes a document; false where it is not there. */
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
