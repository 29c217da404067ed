import { setTimeout } from "node:timers/promises";
import type { Document } from "@langchain/core/documents";
import type { FilterTree } from "../documents/filter-tree.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";
import { requireWholeNumber } from "../errors.ts";
import { byScore } from "../ranking/scored.ts";
import { isUnwritten } from "./chroma-failure.ts";
import { toDocument } from "./chroma-record.ts";
import type { ChromaSession } from "./chroma-session.ts";
import { toWhere } from "./chroma-where.ts";

/**
 * Returns the `k` documents nearest to `query` with their cosine similarity, best first. Drops documents that do
 * not pass the filter: a server that compares numbers differently may return some.
 */
export async function searchByVector(
  session: ChromaSession,
  query: readonly number[],
  { k, filter }: { readonly k: number; readonly filter: FilterTree | undefined },
): Promise<[Document, number][]> {
  requireWholeNumber("k", k, 1);
  session.requireVectors([query]);
  const where = filter && toWhere(filter);
  const passes = filter ? metadataPredicate(filter) : () => true;
  const found = await whenWritten(() =>
    session.request((collection) =>
      collection.query({
        queryEmbeddings: [[...query]],
        nResults: k,
        ...(where === undefined ? {} : { where }),
      }),
    ),
  );
  const [rows = []] = found.rows();
  return rows
    .filter(({ metadata }) => passes(metadata ?? {}))
    .map(({ id, document, metadata, distance }, index) => ({
      item: toDocument(id, document ?? "", metadata ?? {}),
      score: toSimilarity(distance),
      index,
    }))
    .toSorted(byScore)
    .map(({ item, score }) => [item, score]);
}

/**
 * Repeats a search that Chroma fails while the first passages of its collection are being written, which takes it
 * about 0.1 s.
 */
async function whenWritten<Answer>(search: () => Promise<Answer>): Promise<Answer> {
  for (const pauseMs of pausesMs) {
    try {
      return await search();
    } catch (error) {
      if (!isUnwritten(error)) throw error;
      await setTimeout(pauseMs);
    }
  }
  return search();
}

const pausesMs = [25, 50, 100, 200, 400, 800];

/** Chroma returns no distance for a zero vector; its similarity counts as 0. */
function toSimilarity(distance: number | null | undefined): number {
  if (distance === null || distance === undefined) return 0;
  return Math.min(1, Math.max(-1, 1 - distance));
}
