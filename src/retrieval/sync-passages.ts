import { sourceOf } from "../documents/source.ts";
import { isDeepStrictEqual } from "node:util";
import type { Document } from "@langchain/core/documents";
import type { IndexedPassages } from "./indexed-passages.ts";

interface SyncOptions {
  /** Whether outdated passages of this source may be deleted. */
  readonly isGone: (source: string) => boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
}

/**
 * Number of passages that were added or embedded again, unchanged and removed; and the number of other passages that stay, by
 * source.
 */
interface SyncOutcome {
  readonly added: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly staying: ReadonlyMap<string, number>;
}

/**
 * Adds missing passages to a store, then deletes outdated ones: in this order, the old passages stay searchable
 * until the new ones are stored. Only differences are written, so repeating an interrupted call completes it.
 */
export async function syncPassages(
  index: IndexedPassages,
  passages: readonly Document[],
  { isGone, signal, onProgress }: SyncOptions,
): Promise<SyncOutcome> {
  const stored = await index.stored();
  const missing = passages.filter(({ id = "" }) => !stored.has(id));
  // The same text may have moved within its file, or its document may have a new title: its metadata are then
  // written again.
  const changed = passages.filter(({ id = "", metadata }) => {
    const found = stored.get(id);
    return found !== undefined && !isDeepStrictEqual(found, metadata);
  });
  const rest = passages.length - missing.length - changed.length;
  const report = (done: number): void =>
    onProgress?.({ done: rest + done, total: passages.length });
  report(0);
  const work = [...missing, ...changed];
  const added = work.length > 0 ? await index.put(work, { signal, onProgress: report }) : 0;
  const wanted = new Set(passages.map(({ id }) => id));
  const stale: string[] = [];
  const staying = new Map<string, number>();
  for (const [id, metadata] of stored) {
    if (wanted.has(id)) continue;
    const source = sourceOf({ metadata }) ?? "";
    if (isGone(source)) stale.push(id);
    else staying.set(source, (staying.get(source) ?? 0) + 1);
  }
  signal?.throwIfAborted();
  if (stale.length > 0) await index.remove(stale);
  return {
    added,
    unchanged: passages.length - added,
    removed: stale.length,
    staying,
  };
}
