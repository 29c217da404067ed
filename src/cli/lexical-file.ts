import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { RetrievalError } from "../errors.ts";
import { Bm25Retriever } from "../lexical/bm25-retriever.ts";

/** The lexical index of a collection, in a file beside its vectors, or in memory beside those in memory. */
export class LexicalFile {
  readonly #path: string | undefined;
  #inMemory: Bm25Retriever | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** What is there, to be brought in step. A file that cannot be used is made anew: the folder has it all. */
  async openToWrite(): Promise<Bm25Retriever> {
    if (this.#path === undefined || !existsSync(this.#path)) return new Bm25Retriever();
    try {
      return await Bm25Retriever.load(this.#path);
    } catch (error) {
      if (error instanceof RetrievalError) return new Bm25Retriever();
      throw error;
    }
  }

  async save(retriever: Bm25Retriever): Promise<void> {
    this.#inMemory = retriever;
    if (this.#path === undefined) return;
    await mkdir(dirname(this.#path), { recursive: true });
    await retriever.save(this.#path);
  }

  async openToRead(): Promise<Bm25Retriever> {
    if (this.#inMemory) return this.#inMemory;
    if (this.#path !== undefined && existsSync(this.#path)) return Bm25Retriever.load(this.#path);
    throw new RetrievalError(
      "invalid-input",
      `There is no lexical index at ${this.#path}: run \`langchain-rerank index <folder>\` first.`,
    );
  }
}
