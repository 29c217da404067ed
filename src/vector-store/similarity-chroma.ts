import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { ChromaClient, Collection } from "chromadb";
import { allOf } from "../documents/filter-tree.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { parseFilter } from "../documents/parse-filter.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { describe, requireStrings, RetrievalError } from "../errors.ts";
import { requireOptions } from "../options.ts";
import { fieldsOf } from "./chroma-collection.ts";
import type { ChromaPeers } from "./chroma-peers.ts";
import { toDocument, toRecord, type ChromaRecord } from "./chroma-record.ts";
import { searchByVector } from "./chroma-search.ts";
import type { ChromaSession } from "./chroma-session.ts";
import {
  addDocumentsOptionRules,
  deleteOptionRules,
  type AddDocumentsOptions,
  type ChromaStore,
  type DeleteOptions,
} from "./chroma-store.ts";
import { toWhere } from "./chroma-where.ts";
import { embeddingStep, storeRecords, vectorStep } from "./store-documents.ts";

const idsPerRequest = 500;
const listPageSize = 1000;

interface SimilarityChromaParts {
  readonly client: ChromaClient;
  readonly collection: Collection;
  readonly session: ChromaSession;
}

/** Creates the store: a subclass of LangChain's `Chroma`, which is loaded on demand. */
export function createSimilarityChroma(
  { Chroma }: ChromaPeers,
  embeddings: EmbeddingsInterface,
  { client, collection, session }: SimilarityChromaParts,
): ChromaStore {
  class SimilarityChroma extends Chroma implements ChromaStore {
    declare FilterType: MetadataFilter;
    declare filter?: MetadataFilter;
    override collection = collection;
    readonly collectionName = session.target.collectionName;
    readonly url = session.target.url;
    readonly path = session.target.path;
    readonly scoreKind = "similarity";
    readonly passageFields = fieldsOf(collection);

    override _vectorstoreType(): string {
      return "chroma";
    }

    override async addDocuments(
      documents: readonly DocumentInterface[],
      options: AddDocumentsOptions = {},
    ): Promise<string[]> {
      requireOptions("addDocuments", options, addDocumentsOptionRules);
      const records = toRecords(documents, options.ids);
      const { passageFields } = this;
      const step = embeddingStep(session, { embeddings, passageFields }, options.signal);
      await storeRecords({ session, records, step }, options);
      return records.map(({ id }) => id);
    }

    override async addVectors(
      vectors: readonly number[][],
      documents: readonly DocumentInterface[],
      options: AddDocumentsOptions = {},
    ): Promise<string[]> {
      requireOptions("addVectors", options, addDocumentsOptionRules);
      const records = toRecords(documents, options.ids);
      requireArray("vectors", vectors);
      requireEqualLength("vectors", vectors.length, records.length);
      const vectorOf = new Map(records.map(({ id }, index) => [id, vectors[index]]));
      const step = vectorStep(session, (id) => vectorOf.get(id));
      await storeRecords({ session, records, step }, options);
      return records.map(({ id }) => id);
    }

    override async similaritySearchVectorWithScore(
      query: number[],
      k: number,
      filter?: MetadataFilter,
    ): Promise<[DocumentInterface, number][]> {
      const filters = [this.filter, filter].flatMap((wanted) => parseFilter(wanted) ?? []);
      return searchByVector(session, query, {
        k,
        filter: filters.length > 0 ? allOf(filters) : undefined,
      });
    }

    async storedPassages(): Promise<Map<string, Readonly<Record<string, unknown>>>> {
      const passages = new Map<string, Readonly<Record<string, unknown>>>();
      for (let offset = 0; ; offset += listPageSize) {
        const page = await session.request((stored) =>
          stored.get({ limit: listPageSize, offset, include: ["metadatas"] }),
        );
        for (const { id, metadata } of page.rows()) passages.set(id, metadata ?? {});
        if (page.ids.length < listPageSize) return passages;
      }
    }

    async storedDocuments(ids: readonly string[]): Promise<Document[]> {
      requireStrings("ids", ids);
      const documents: Document[] = [];
      for (const batch of batchesOf(ids)) {
        const found = await session.request((stored) =>
          stored.get({ ids: batch, include: ["documents", "metadatas"] }),
        );
        for (const { id, document, metadata } of found.rows()) {
          documents.push(toDocument(id, document ?? "", metadata ?? {}));
        }
      }
      return documents;
    }

    /**
     * Deletes the passages with these `ids`, those that pass `filter`, or, with both, those of `ids` that pass
     * `filter`.
     */
    override async delete(options: DeleteOptions): Promise<void> {
      const { ids, filter } = requireDeleteOptions(options);
      const tree = parseFilter(filter);
      const where = tree && toWhere(tree);
      if (!ids && !where) {
        throw new RetrievalError(
          "invalid-option",
          "Expected `ids` or a non-empty `filter`, got neither: nothing was deleted.",
        );
      }
      if (where && !ids) await session.request((stored) => stored.delete({ where }));
      for (const batch of batchesOf(ids)) {
        await session.request((stored) =>
          stored.delete(where ? { ids: batch, where } : { ids: batch }),
        );
      }
    }

    async close(): Promise<void> {
      await session.close();
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.close();
    }
  }
  return new SimilarityChroma(embeddings, {
    collectionName: session.target.collectionName,
    index: client,
  });
}

/** JavaScript callers may pass an array of ids instead of options; the array's own `filter` is a function. */
function requireDeleteOptions(options: DeleteOptions): DeleteOptions {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) {
    return requireOptions("delete", options, deleteOptionRules);
  }
  throw new RetrievalError(
    "invalid-option",
    `Expected \`delete\` to get { ids } or { filter }, got ${describe(options)}: nothing was deleted.`,
  );
}

function* batchesOf(ids: readonly string[] = []): Generator<string[]> {
  const unique = [...new Set(ids)];
  for (let start = 0; start < unique.length; start += idsPerRequest) {
    yield unique.slice(start, start + idsPerRequest);
  }
}

function toRecords(
  documents: readonly DocumentInterface[],
  ids: readonly string[] | undefined,
): ChromaRecord[] {
  const given = requireDocuments("documents", documents);
  if (ids) requireEqualLength("ids", ids.length, given.length);
  return given.map((document, index) => toRecord(document, ids?.[index]));
}

function requireArray(name: string, given: readonly unknown[]): void {
  if (Array.isArray(given)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be an array, got ${describe(given)}.`,
  );
}

function requireEqualLength(name: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to have one element for each of ${expected} documents, got ${got}.`,
  );
}
