import { sourceOf } from "../documents/source.ts";
import type { DocumentInterface } from "@langchain/core/documents";

/** How many documents of one section or source a result may have. */
export interface SourceLimits {
  /**
   * Maximum per section, at least 1: documents with the same `metadata.source` and
   * `metadata.section`. @defaultValue no limit
   */
  readonly maxPerSection?: number | undefined;
  /** Maximum per source, at least 1: documents with the same `metadata.source`. @defaultValue no limit */
  readonly maxPerSource?: number | undefined;
}

export function hasSourceLimit({ maxPerSection, maxPerSource }: SourceLimits): boolean {
  return maxPerSection !== undefined || maxPerSource !== undefined;
}

/**
 * Keeps the first documents of each section and source, in their order. Documents whose `metadata.source` is
 * not a string are always kept.
 */
export function limitPerSource<Doc extends DocumentInterface>(
  documents: readonly Doc[],
  limits: SourceLimits,
): readonly Doc[] {
  if (!hasSourceLimit(limits)) return documents;
  const { maxPerSection = Infinity, maxPerSource = Infinity } = limits;
  const counts = new Map<string, number>();
  return documents.filter((document) => {
    const source = sourceOf(document);
    const section: unknown = document.metadata["section"];
    if (source === undefined) return true;
    const inSource = JSON.stringify([source]);
    const inSection = JSON.stringify([source, typeof section === "string" ? section : ""]);
    const sourceCount = counts.get(inSource) ?? 0;
    const sectionCount = counts.get(inSection) ?? 0;
    if (sourceCount >= maxPerSource || sectionCount >= maxPerSection) return false;
    counts.set(inSource, sourceCount + 1);
    counts.set(inSection, sectionCount + 1);
    return true;
  });
}
