import type { Collection } from "chromadb";
import { RetrievalError } from "../errors.ts";
import { chromaFailure, unreachable, widthMismatch, type RequestTarget } from "./chroma-failure.ts";
import type { ChromaRecord } from "./chroma-record.ts";
import type { KeeperConnection } from "./keeper-connection.ts";

interface ChromaSessionParts {
  readonly collection: Collection;
  readonly target: RequestTarget;
  /** Present where the server was started for a data folder. */
  readonly connection: KeeperConnection | undefined;
  readonly width: number | undefined;
  readonly maxBatchSize: number;
}

const hasMetadata = ({ record }: Row): boolean => Object.keys(record.metadata).length > 0;

interface Row {
  readonly record: ChromaRecord;
  readonly vector: readonly number[];
}

/** An open collection: every request goes through here, so that every failure says what to do. */
export class ChromaSession {
  readonly target: RequestTarget;
  /** How many records the server takes in one request. */
  readonly maxBatchSize: number;
  readonly #collection: Collection;
  readonly #connection: KeeperConnection | undefined;
  readonly #pending = new Set<Promise<unknown>>();
  #width: number | undefined;
  #isClosed = false;
  /** How many works of several requests are under way. */
  #works = 0;

  constructor({ collection, target, connection, width, maxBatchSize }: ChromaSessionParts) {
    this.target = target;
    this.maxBatchSize = maxBatchSize;
    this.#collection = collection;
    this.#connection = connection;
    this.#width = width;
  }

  /** Has `work` make its requests also where the store is closed meanwhile: what has begun to be written is written. */
  async whole<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#requireOpen();
    this.#works += 1;
    const done = work().finally(() => {
      this.#works -= 1;
      this.#pending.delete(done);
    });
    this.#pending.add(done);
    return done;
  }

  async request<Answer>(ask: (collection: Collection) => Promise<Answer>): Promise<Answer> {
    this.#requireOpen();
    if (this.#connection?.isLost) throw unreachable(this.target);
    const answer = ask(this.#collection);
    this.#pending.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw chromaFailure(error, this.target);
    } finally {
      this.#pending.delete(answer);
    }
  }

  #requireOpen(): void {
    if (!this.#isClosed || this.#works > 0) return;
    throw new RetrievalError("disposed", "This store has been closed.");
  }

  /** Refuses vectors that cannot be compared with those stored: another width, or not numbers. */
  requireVectors(vectors: readonly (readonly number[])[]): void {
    const width = this.#width ?? vectors[0]?.length ?? 0;
    for (const vector of vectors) {
      if (vector.length !== width) throw widthMismatch(this.target, width, vector.length);
      if (vector.every(Number.isFinite)) continue;
      throw new RetrievalError(
        "model-mismatch",
        "The embeddings gave a vector with a number that is not finite.",
      );
    }
  }

  /** Writes records, new or in place of those with the same ids. */
  async upsert(records: readonly ChromaRecord[], vectors: readonly number[][]): Promise<void> {
    if (records.length === 0) return;
    this.requireVectors(vectors);
    const rows = records.map((record, row) => ({ record, vector: vectors[row] ?? [] }));
    // Chroma takes no empty metadata: records without any make a request of their own.
    await this.#write(rows.filter(hasMetadata));
    await this.#write(rows.filter((row) => !hasMetadata(row)));
    this.#width ??= vectors[0]?.length;
  }

  /** Lays metadata over that of records which are stored already. */
  async updateMetadata(records: readonly ChromaRecord[]): Promise<void> {
    if (records.length === 0) return;
    const ids = records.map(({ id }) => id);
    const metadatas = records.map(({ metadata }) => ({ ...metadata }));
    await this.request((collection) => collection.update({ ids, metadatas }));
  }

  async #write(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    await this.request((collection) =>
      collection.upsert({
        ids: rows.map(({ record }) => record.id),
        documents: rows.map(({ record }) => record.text),
        embeddings: rows.map(({ vector }) => [...vector]),
        ...(rows.every(hasMetadata)
          ? { metadatas: rows.map(({ record }) => ({ ...record.metadata })) }
          : {}),
      }),
    );
  }

  /** Refuses further requests; a server of our own ends only when it has answered those under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#connection) return;
    await Promise.allSettled(this.#pending);
    await this.#connection.close();
  }
}
