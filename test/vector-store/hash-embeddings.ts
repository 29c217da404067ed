import { createHash } from "node:crypto";
import { Embeddings } from "@langchain/core/embeddings";
import type { VectorOrigin } from "../../src/documents/vector-origin.ts";

export interface HashEmbeddingsOptions {
  readonly width?: number;
  readonly model?: string;
  readonly vectorSettings?: VectorOrigin["settings"];
  /** Called before each batch, with the number of texts embedded so far. */
  readonly beforeBatch?: (embedded: number) => unknown;
}

/** Vectors from the hash of a text: equal texts point the same way, different ones somewhere else. */
export class HashEmbeddings extends Embeddings {
  readonly embedded: string[] = [];
  readonly model: string | undefined;
  readonly #settings: VectorOrigin["settings"];
  readonly #width: number;
  readonly #beforeBatch: (embedded: number) => unknown;

  constructor({
    width = 16,
    model,
    vectorSettings = {},
    beforeBatch = () => undefined,
  }: HashEmbeddingsOptions = {}) {
    super({});
    this.model = model;
    this.#settings = vectorSettings;
    this.#width = width;
    this.#beforeBatch = beforeBatch;
  }

  async vectorOrigin(): Promise<VectorOrigin> {
    return { model: this.model, settings: this.#settings };
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    await this.#beforeBatch(this.embedded.length);
    this.embedded.push(...texts);
    return texts.map((text) => this.#embed(text));
  }

  override async embedQuery(text: string): Promise<number[]> {
    return this.#embed(text);
  }

  #embed(text: string): number[] {
    const bytes = createHash("shake256", { outputLength: this.#width }).update(text).digest();
    return Array.from(bytes, (byte) => byte - 127.5);
  }
}
