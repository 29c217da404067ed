import type { Collection } from "chromadb";
import { untilDeadline } from "../abort.ts";
import { RetrievalError } from "../errors.ts";
import {
  chromaFailure,
  isTooLarge,
  recordTooLarge,
  unreachable,
  widthMismatch,
  type RequestTarget,
} from "./chroma-failure.ts";
import type { ChromaRecord } from "./chroma-record.ts";
import type { KeeperConnection } from "./keeper-connection.ts";
import { bytesOf, toRequests, type Row } from "./request-size.ts";

interface ChromaSessionParts {
  readonly collection: Collection;
  readonly target: RequestTarget;
  /** Present if the server was started for a data folder. */
  readonly connection: KeeperConnection | undefined;
  readonly width: number | undefined;
  readonly maxBatchSize: number;
}

const answerTimeoutMs = 2000;

const hasMetadata = ({ record }: Row): boolean => Object.keys(record.metadata).length > 0;

/** An open collection. Every request goes through here, so that every error says what to do. */
export class ChromaSession {
  readonly target: RequestTarget;
  /** Maximum number of records per request. */
  readonly maxBatchSize: number;
  readonly #collection: Collection;
  readonly #connection: KeeperConnection | undefined;
  readonly #pending = new Set<Promise<unknown>>();
  #width: number | undefined;
  #isClosed = false;
  /** How many operations of several requests are in progress. */
  #works = 0;

  constructor({ collection, target, connection, width, maxBatchSize }: ChromaSessionParts) {
    this.target = target;
    this.maxBatchSize = maxBatchSize;
    this.#collection = collection;
    this.#connection = connection;
    this.#width = width;
  }

  /**
   * Lets `work` complete its requests even if the store is closed meanwhile, so that no operation is left half
   * written.
   */
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

  /**
   * Throws if vectors cannot be compared with the stored ones: they have another length, or are not numbers.
   */
  requireVectors(vectors: readonly (readonly number[])[]): void {
    const width = this.#width ?? vectors[0]?.length ?? 0;
    for (const vector of vectors) {
      if (vector.length !== width) throw widthMismatch(this.target, width, vector.length);
      if (vector.every(Number.isFinite)) continue;
      throw new RetrievalError(
        "model-mismatch",
        "The embeddings returned a vector with a number that is not finite.",
      );
    }
  }

  /** Inserts records, or replaces those with the same ids. */
  async upsert(records: readonly ChromaRecord[], vectors: readonly number[][]): Promise<void> {
    if (records.length === 0) return;
    this.requireVectors(vectors);
    const rows = records.map((record, row) => ({ record, vector: vectors[row] ?? [] }));
    // Chroma refuses empty metadata: records without any need a separate request.
    await this.#write(rows.filter(hasMetadata));
    await this.#write(rows.filter((row) => !hasMetadata(row)));
    this.#width ??= vectors[0]?.length;
  }

  /** Merges metadata into that of stored records. */
  async updateMetadata(records: readonly ChromaRecord[]): Promise<void> {
    const rows = records.map(({ id, metadata }) => ({
      record: { id, text: "", metadata },
      vector: [],
    }));
    await this.#send(rows, (collection, part) =>
      collection.update({
        ids: part.map(({ record }) => record.id),
        metadatas: part.map(({ record }) => ({ ...record.metadata })),
      }),
    );
  }

  async #write(all: readonly Row[]): Promise<void> {
    await this.#send(all, (collection, rows) =>
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

  async #send(
    rows: readonly Row[],
    send: (collection: Collection, rows: readonly Row[]) => Promise<unknown>,
  ): Promise<void> {
    for (const part of toRequests(rows)) {
      await this.request((collection) => send(collection, part)).catch((error: unknown) => {
        const [row] = part;
        if (row === undefined || part.length > 1 || !isTooLarge(error)) throw error;
        throw recordTooLarge(this.target, { id: row.record.id, bytes: bytesOf(row) }, error);
      });
    }
  }

  /**
   * Refuses further requests. A server of our own ends only after the writes in progress, and after searches that it
   * answers soon: one that hangs must not keep its user from ending.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#connection) return;
    const answered = Promise.allSettled(this.#pending);
    await (this.#works > 0 ? answered : untilDeadline(answered, answerTimeoutMs));
    await this.#connection.close();
  }
}
