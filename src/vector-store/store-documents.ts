import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { untilAborted } from "../abort.ts";
import { textWithFields } from "../documents/passage-text.ts";
import { RetrievalError } from "../errors.ts";
import type { ChromaRecord } from "./chroma-record.ts";
import type { ChromaSession } from "./chroma-session.ts";
import type { AddDocumentsOptions } from "./chroma-store.ts";

/** Bounds how much is embedded and read at a time; requests are split by their own size. */
const batchCharacters = 4_000_000;

/** Stores one batch of records and returns how many of them were embedded. */
type Step = (batch: readonly ChromaRecord[]) => Promise<number>;

interface StoreTask {
  readonly session: ChromaSession;
  readonly records: readonly ChromaRecord[];
  readonly step: Step;
}

interface VectorMaker {
  readonly embeddings: EmbeddingsInterface;
  /** Metadata fields that are embedded with the text. */
  readonly passageFields: readonly string[];
}

interface StoredRecord {
  readonly text: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

type StoredRecords = ReadonlyMap<string, StoredRecord>;

/**
 * Runs `step` over batches of records, bounded in number and size; of several records with the same id, the
 * last one counts.
 */
export async function storeRecords(
  { session, records, step }: StoreTask,
  { signal, onProgress, batchSize = 64 }: AddDocumentsOptions,
): Promise<void> {
  const limit = Math.min(batchSize, session.maxBatchSize);
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

/** A step that embeds only records that are not stored with the same text and the same embedded fields. */
export function embeddingStep(
  session: ChromaSession,
  { embeddings, passageFields }: VectorMaker,
  signal: AbortSignal | undefined,
): Step {
  const embedded = ({ text, metadata }: StoredRecord): string =>
    textWithFields({ pageContent: text ?? "", metadata }, passageFields);
  return async (batch) => {
    const stored = await readStored(session, batch);
    const fresh = batch.filter((record) => {
      const found = stored.get(record.id);
      return found?.text !== record.text || embedded(found) !== embedded(record);
    });
    const vectors = await embedTexts(embeddings, fresh.map(embedded));
    // After an abort during embedding nothing is written, because the caller no longer waits.
    signal?.throwIfAborted();
    const known = batch.filter((record) => !fresh.includes(record));
    const losing = known.filter((record) => losesField(record, stored));
    const changed = known.filter(
      (record) => !losing.includes(record) && !hasSameMetadata(record, stored),
    );
    await session.whole(async () => {
      const records = [...fresh, ...losing];
      const all = [...vectors, ...(await storedVectors(session, losing))];
      await replaceRecords(session, records, { vectors: all, stored });
      await session.updateMetadata(changed);
    });
    return fresh.length;
  };
}

/** A step that stores precomputed vectors. */
export function vectorStep(
  session: ChromaSession,
  vectorOf: (id: string) => number[] | undefined,
): Step {
  return async (batch) => {
    const vectors = batch.map(({ id }) => vectorOf(id) ?? []);
    await session.whole(async () => {
      await replaceRecords(session, batch, { vectors, stored: await readStored(session, batch) });
    });
    return 0;
  };
}

/**
 * Writes records so that each has exactly the given metadata. Chroma merges metadata into the stored ones and
 * cannot remove a field, so a record that loses a field is deleted first. If the process ends in between, the
 * record is missing until the call is repeated; with outdated fields, a filter would find withdrawn documents.
 */
async function replaceRecords(
  session: ChromaSession,
  records: readonly ChromaRecord[],
  { vectors, stored }: { readonly vectors: readonly number[][]; readonly stored: StoredRecords },
): Promise<void> {
  session.requireVectors(vectors);
  const ids = records.filter((record) => losesField(record, stored)).map(({ id }) => id);
  if (ids.length > 0) await session.request((collection) => collection.delete({ ids }));
  await session.upsert(records, vectors);
}

async function storedVectors(
  session: ChromaSession,
  records: readonly ChromaRecord[],
): Promise<number[][]> {
  if (records.length === 0) return [];
  const ids = records.map(({ id }) => id);
  const found = await session.request((collection) =>
    collection.get({ ids, include: ["embeddings"] }),
  );
  const vectors = new Map(found.ids.map((id, row) => [id, found.embeddings[row]]));
  return ids.map((id) => Array.from(vectors.get(id) ?? []));
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
  texts: readonly string[],
): Promise<number[][]> {
  if (texts.length === 0) return [];
  const vectors = await embeddings.embedDocuments([...texts]);
  if (vectors.length === texts.length) return vectors;
  throw new RetrievalError(
    "model-mismatch",
    `Expected ${texts.length} vectors from the embeddings, got ${vectors.length}.`,
  );
}

/** Whether a stored field of the record is absent in its new metadata. */
function losesField({ id, metadata }: ChromaRecord, stored: StoredRecords): boolean {
  const found = stored.get(id)?.metadata ?? {};
  return Object.keys(found).some((key) => !Object.hasOwn(metadata, key));
}

/** Whether every field of the record is stored with the same value. */
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
