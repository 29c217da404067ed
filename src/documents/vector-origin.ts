/**
 * What made the vectors of documents: they can only be compared with vectors that are made alike. Embeddings with
 * an asynchronous method `vectorOrigin` state it; a collection of `openChroma` records it and refuses others.
 */
export interface VectorOrigin {
  /** The model: a name, or the absolute path of a folder; `undefined` if it is not known. */
  readonly model: string | undefined;
  /** The settings besides the model that change the vectors and differ from the model's own, by name. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}
