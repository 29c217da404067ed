import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { RetrievalError } from "../errors.ts";
import { lockLost, withFileLock } from "../file-lock.ts";
import { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import { makePrivateFolder } from "../private-files.ts";
import { printAside, shown } from "./terminal.ts";

/** The lexical index of a collection: in a file beside its vectors, or in memory if they are. */
export class LexicalFile {
  readonly #path: string | undefined;
  #inMemory: Bm25Retriever | undefined;
  #loaded: { readonly stamp: string; readonly retriever: Promise<Bm25Retriever> } | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /**
   * Loads the index, lets `change` update it together with the store, and saves it. Processes that do so at the
   * same time take turns; a search meanwhile reads the previous file. If `change` fails, the file is not
   * changed.
   *
   * @throws `lock-lost` if this process was suspended for so long that another one took over the lock
   */
  async update<Value>(
    change: (retriever: Bm25Retriever, signal: AbortSignal) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    const path = this.#path;
    if (path === undefined) {
      this.#inMemory = new Bm25Retriever();
      return change(this.#inMemory, signal);
    }
    await makePrivateFolder(dirname(path));
    return withFileLock(
      path,
      async (lost) => {
        const loaded = await stampOf(path);
        const retriever = await openToChange(path);
        const value = await change(retriever, AbortSignal.any([signal, lost]));
        // A timer renews the lock, and may be late if the process was suspended.
        if (lost.aborted || (await stampOf(path)) !== loaded) throw lockLost(path);
        await retriever.save(path);
        this.#inMemory = retriever;
        return value;
      },
      { signal, onWait: sayThatItWaits },
    );
  }

  /** The index as it is now; the file is loaded again if another process has written it. */
  async openToRead(): Promise<Bm25Retriever> {
    if (this.#inMemory) return this.#inMemory;
    const path = this.#path;
    if (path !== undefined && existsSync(path)) {
      const stamp = await stampOf(path);
      if (this.#loaded?.stamp !== stamp) {
        const retriever = Bm25Retriever.load(path);
        this.#loaded = { stamp, retriever };
        retriever.catch(() => (this.#loaded = undefined));
      }
      return this.#loaded.retriever;
    }
    throw new RetrievalError(
      "index-mismatch",
      `Expected a lexical index at ${this.#path}, found none: run \`npx langchain-rerank index <folder>\` first.`,
    );
  }
}

function sayThatItWaits(): void {
  printAside(shown`Waiting for another command that is indexing this collection.`);
}

/** An unusable file is rebuilt from the store, which has all passages. */
async function openToChange(path: string): Promise<Bm25Retriever> {
  if (!existsSync(path)) return new Bm25Retriever();
  try {
    return await Bm25Retriever.load(path);
  } catch (error) {
    const isUnusable = error instanceof RetrievalError && error.code.startsWith("index-");
    if (isUnusable) return new Bm25Retriever();
    throw error;
  }
}

/** Identifies one version of a file: each save creates a new file. */
async function stampOf(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  return facts ? [facts.ino, facts.size, facts.mtimeMs].join(" ") : "";
}
