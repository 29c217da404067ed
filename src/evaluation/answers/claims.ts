import { splitSentences } from "../../documents/sentences.ts";
import type { ChainAnswer, ChainCitation } from "./answering-chain.ts";
import { withoutMarkers } from "./answer-kind.ts";

/** A sentence of an answer, with the passages that it cites. */
export interface Claim {
  /** The sentence without its markers. */
  readonly text: string;
  /** Its offsets in the answer, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** The numbers of the passages, each once, in the order of the markers. */
  readonly cited: readonly number[];
}

/**
 * Splits an answer into sentences; headings are left out. Markers between two sentences on one line belong to the first
 * one, as in `A statement. [1] The next one.`, and so do markers that stand alone.
 */
export function claimsOf({
  answer,
  citations,
}: Pick<ChainAnswer, "answer" | "citations">): Claim[] {
  const markers = citations.toSorted((a, b) => a.start - b.start);
  const claims: { text: string; start: number; end: number; cited: Set<number> }[] = [];
  let next = 0;
  for (const { start, end } of splitSentences(answer).flatMap(({ sentences }) => sentences)) {
    const own: ChainCitation[] = [];
    for (; (markers[next]?.start ?? end) < end; next += 1) {
      const marker = markers[next];
      if (marker && marker.start >= start) own.push(marker);
    }
    const text = withoutMarkers(answer, own, { start, end }).trim();
    const isClaim = /[\p{L}\p{N}]/u.test(text);
    const before = claims.at(-1);
    const isSameLine = before !== undefined && !answer.slice(before.end, start).includes("\n");
    const leading = isClaim && !isSameLine ? 0 : leadingMarkers(answer, own, start);
    for (const { number } of before ? own.slice(0, leading) : []) before?.cited.add(number);
    if (!isClaim) continue;
    const cited = new Set(own.slice(before ? leading : 0).map(({ number }) => number));
    claims.push({ text, start, end, cited });
  }
  return claims.map(({ text, start, end, cited }) => ({ text, start, end, cited: [...cited] }));
}

/** How many markers stand before the first word of a sentence. */
function leadingMarkers(text: string, markers: readonly ChainCitation[], start: number): number {
  let at = start;
  for (const [index, marker] of markers.entries()) {
    if (/[\p{L}\p{N}]/u.test(text.slice(at, marker.start))) return index;
    at = marker.end;
  }
  return markers.length;
}
