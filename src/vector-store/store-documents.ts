import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { untilAborted } from "../abort.ts";
import { requireWholeNumber, RetrievalError } from "../errors.ts";
import type { ChromaRecord } from "./chroma-record.ts";
import type { ChromaSession } from "./chroma-session.ts";
import type { AddDocumentsOptions } from "./chroma-store.ts";

/** Keeps the request of a step far below the 40 MB that a server takes. */
const batchCharacters = 4_000_000;

/** Stores the records of one step and tells how many of them had to be embedded. */
type Step = (batch: readonly ChromaRecord[]) => Promise<number>;

interface StoreTask {
  readonly session: ChromaSession;
  readonly records: readonly ChromaRecord[];
  readonly step: Step;
}

type StoredRecords = ReadonlyMap<string, { text: string | null; metadata: object }>;

/** Runs `step` over records in order, bounded in number and size; of those that share an id the last counts. */
export async function storeRecords(
  { session, records, step }: StoreTask,
  { signal, onProgress, batchSize = 64 }: AddDocumentsOptions,
): Promise<void> {
  const limit = Math.min(requireWholeNumber("batchSize", batchSize, 1), session.maxBatchSize);
  const unique = [...new Map(records.map((record) => [record.id, record])).values()];
  let done = 0;
  let embedded = 0;
  for (const batch of toBatches(unique, limit)) {
    signal?.throwIfAborted();
    embedded += await untilAborted(step(batch), signal);
    done += batch.length;
    onProgress?.({ done, total: unique.length, embedded });
  }
}

/** A step that embeds only what is not stored already with the same text. */
export function embeddingStep(
  session: ChromaSession,
  embeddings: EmbeddingsInterface,
  signal: AbortSignal | undefined,
): Step {
  return async (batch) => {
    const stored = await readStored(session, batch);
    const fresh = batch.filter(({ id, text }) => stored.get(id)?.text !== text);
    const vectors = await embedTexts(embeddings, fresh);
    // Aborted while embedding: nobody waits any more, so nothing is written behind the caller's back.
    signal?.throwIfAborted();
    await session.upsert(fresh, vectors);
    await session.updateMetadata(
      batch.filter((record) => !fresh.includes(record) && !hasSameMetadata(record, stored)),
    );
    return fresh.length;
  };
}

async function readStored(
  session: ChromaSession,
  batch: readonly ChromaRecord[],
): Promise<StoredRecords> {
  const ids = batch.map(({ id }) => id);
  const found = await session.request((collection) => collection.get({ ids }));
  return new Map(
    found.ids.map((id, row) => [
      id,
      { text: found.documents[row] ?? null, metadata: found.metadatas[row] ?? {} },
    ]),
  );
}

async function embedTexts(
  embeddings: EmbeddingsInterface,
  records: readonly ChromaRecord[],
): Promise<number[][]> {
  if (records.length === 0) return [];
  const vectors = await embeddings.embedDocuments(records.map(({ text }) => text));
  if (vectors.length === records.length) return vectors;
  throw new RetrievalError(
    "model-mismatch",
    `Expected ${records.length} vectors from the embeddings, got ${vectors.length}.`,
  );
}

/** Chroma merges metadata into what it has: only fields that the record names can differ. */
function hasSameMetadata({ id, metadata }: ChromaRecord, stored: StoredRecords): boolean {
  const found = new Map(Object.entries(stored.get(id)?.metadata ?? {}));
  return Object.entries(metadata).every(([key, value]) => found.get(key) === value);
}

function* toBatches(records: readonly ChromaRecord[], limit: number): Generator<ChromaRecord[]> {
  let batch: ChromaRecord[] = [];
  let characters = 0;
  for (const record of records) {
    if (batch.length === limit || (batch.length > 0 && characters >= batchCharacters)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(record);
    characters += record.text.length;
  }
  if (batch.length > 0) yield batch;
}
