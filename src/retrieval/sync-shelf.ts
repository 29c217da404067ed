import type { Document } from "@langchain/core/documents";
import type { PassageShelf } from "./passage-shelf.ts";

interface SyncOptions {
  /** Whether passages of this source that are no longer wanted may go. */
  readonly isGone: (source: string) => boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
}

/** How many passages were new, were there already, and went. */
interface SyncOutcome {
  readonly added: number;
  readonly unchanged: number;
  readonly removed: number;
}

/**
 * Puts what a shelf lacks and removes what it should no longer hold, in this order: until the new
 * passages are in, the old ones still answer. Only differences are touched, so a run that was cut off
 * at any point is completed by the next one.
 */
export async function syncShelf(
  shelf: PassageShelf,
  passages: readonly Document[],
  { isGone, signal, onProgress }: SyncOptions,
): Promise<SyncOutcome> {
  const stored = await shelf.stored();
  const missing = passages.filter(({ id = "" }) => !stored.has(id));
  // The same text may have moved within its file: then its offsets are written anew.
  const moved = passages.filter(({ id = "", metadata }) => {
    const found = stored.get(id);
    return found !== undefined && found["start"] !== metadata["start"];
  });
  const rest = passages.length - missing.length - moved.length;
  const report = (done: number): void =>
    onProgress?.({ done: rest + done, total: passages.length });
  report(0);
  if (missing.length + moved.length > 0) {
    await shelf.put([...missing, ...moved], { signal, onProgress: report });
  }
  const wanted = new Set(passages.map(({ id }) => id));
  const stale = [...stored]
    .filter(([id, metadata]) => !wanted.has(id) && isGone(sourceOf(metadata)))
    .map(([id]) => id);
  signal?.throwIfAborted();
  if (stale.length > 0) await shelf.remove(stale);
  return {
    added: missing.length,
    unchanged: passages.length - missing.length,
    removed: stale.length,
  };
}

function sourceOf({ source }: Readonly<Record<string, unknown>>): string {
  return typeof source === "string" ? source : "";
}
