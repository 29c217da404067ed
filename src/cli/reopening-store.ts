import { RetrievalError } from "../errors.ts";
import type { OpenedStore } from "./open-store.ts";

/**
 * The store of a command that runs for long. A read that fails because the server has ended, or because the collection
 * was replaced, opens the store again and is repeated once.
 */
export class ReopeningStore {
  readonly #open: () => Promise<OpenedStore>;
  #opening: Promise<OpenedStore>;
  #isClosed = false;

  /** `open` opens the store again, and creates nothing. */
  constructor(first: OpenedStore, open: () => Promise<OpenedStore>) {
    this.#opening = Promise.resolve(first);
    this.#open = open;
  }

  async read<Value>(work: (opened: OpenedStore) => Promise<Value>): Promise<Value> {
    const opening = this.#opening;
    const opened = await opening.catch(() => undefined);
    try {
      if (opened) return await work(opened);
    } catch (error) {
      const isReplaced = this.#opening !== opening;
      if (this.#isClosed || !(isLoss(error) || (isReplaced && isClosed(error)))) throw error;
    }
    // Reads that fail together open it once.
    if (this.#opening === opening) this.#opening = this.#replace(opened);
    return work(await this.#opening);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // A store that could not be opened again has nothing to close.
    const opened = await this.#opening.catch(() => undefined);
    await opened?.close();
  }

  async #replace(lost: OpenedStore | undefined): Promise<OpenedStore> {
    await lost?.close();
    return this.#open();
  }
}

function isLoss(error: unknown): boolean {
  return (
    error instanceof RetrievalError &&
    (error.code === "store-unreachable" || error.code === "store-mismatch")
  );
}

function isClosed(error: unknown): boolean {
  return error instanceof RetrievalError && error.code === "disposed";
}
