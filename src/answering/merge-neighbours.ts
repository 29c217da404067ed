import { sourceOf } from "../documents/source.ts";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { identityOf } from "../documents/identity.ts";

/** A retrieved document; `index` is its position, from 0. */
export interface Found {
  readonly document: DocumentInterface;
  readonly index: number;
}

/** One retrieved document, or several consecutive ones of the same source. */
export interface Passage {
  readonly document: Document;
  /** The ids of its retrieved documents, in text order. */
  readonly documentIds: readonly string[];
  /** These documents. */
  readonly members: readonly DocumentInterface[];
  /** The best position among them. */
  readonly index: number;
}

/** Maximum number of characters between two passages that splitting may have trimmed: line ends and blanks. */
const mostTrimmed = 4;

/**
 * Joins documents that overlap or follow each other in their source, by the offsets that `splitPassages` wrote
 * to their metadata; overlapping text appears once. A merged passage has the metadata and id of its best
 * document, and the offsets of the whole. Best first.
 */
export function mergeNeighbours(found: readonly Found[]): Passage[] {
  const passages: Passage[] = [];
  let open: Stretch | undefined;
  for (const next of found.map(toStretch).toSorted(byLocation)) {
    const joined = open && join(open, next);
    if (open && !joined) passages.push(toPassage(open));
    open = joined ?? next;
  }
  if (open) passages.push(toPassage(open));
  return passages.toSorted((a, b) => a.index - b.index);
}

/** Position of a text in its source. */
interface Location {
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

/** A part of a source, with its documents in text order. */
interface Stretch {
  readonly location: Location | undefined;
  readonly text: string;
  readonly members: readonly [Found, ...Found[]];
}

function toStretch(found: Found): Stretch {
  const { document } = found;
  return { location: locationOf(document), text: document.pageContent, members: [found] };
}

/** Offsets that do not match the text's length are ignored. */
function locationOf(document: DocumentInterface): Location | undefined {
  const source = sourceOf(document);
  const { start, end }: Readonly<Record<string, unknown>> = document.metadata;
  if (source === undefined || typeof start !== "number" || typeof end !== "number") {
    return undefined;
  }
  const fits = start >= 0 && end - start === document.pageContent.length;
  return fits ? { source, start, end } : undefined;
}

function byLocation({ location: a, members: [first] }: Stretch, { location: b, members }: Stretch) {
  const bySource = compare(a?.source ?? "", b?.source ?? "");
  return bySource || (a?.start ?? -1) - (b?.start ?? -1) || first.index - members[0].index;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Joins two parts if the second begins in the first or directly after it, and both agree where they overlap.
 */
function join(a: Stretch, b: Stretch): Stretch | undefined {
  if (!a.location || !b.location || a.location.source !== b.location.source) return undefined;
  const shared = a.location.end - b.location.start;
  if (shared < -mostTrimmed) return undefined;
  const fromA = a.text.slice(b.location.start - a.location.start);
  if (shared > 0 && !b.text.startsWith(fromA) && !fromA.startsWith(b.text)) return undefined;
  const gap = "\n".repeat(Math.max(0, -shared));
  return {
    location: { ...a.location, end: Math.max(a.location.end, b.location.end) },
    text: a.text + gap + b.text.slice(Math.max(0, shared)),
    members: [...a.members, ...b.members],
  };
}

function toPassage({ location, text, members }: Stretch): Passage {
  const [first] = members;
  const best = members.reduce((left, right) => (left.index <= right.index ? left : right));
  const { section, headingPath }: Readonly<Record<string, unknown>> = first.document.metadata;
  const whole = members.length > 1 ? { section, headingPath, ...location } : {};
  return {
    document: new Document({
      pageContent: text,
      metadata: { ...best.document.metadata, ...whole },
      id: identityOf(best.document),
    }),
    documentIds: members.map(({ document }) => identityOf(document)),
    members: members.map(({ document }) => document),
    index: best.index,
  };
}
