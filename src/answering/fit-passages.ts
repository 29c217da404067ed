import type { DocumentInterface } from "@langchain/core/documents";
import { identityOf, withoutRepetitions } from "../documents/identity.ts";
import { provenanceOf, isRelevant } from "../documents/provenance.ts";
import { Breather } from "../breather.ts";
import { RetrievalError } from "../errors.ts";
import type { OmittedDocument } from "./answer.ts";
import type { TokenCounter } from "../text/estimate-tokens.ts";
import { mergeNeighbours, type Found, type Passage } from "./merge-neighbours.ts";
import { renderPassage } from "../documents/render-passage.ts";

export interface FittingOptions {
  readonly maxContextTokens: number;
  readonly countTokens: TokenCounter;
  readonly scoreThreshold?: number | undefined;
}

export interface Fitted {
  /** Best first. */
  readonly passages: readonly Passage[];
  readonly tokens: number;
  readonly omitted: readonly OmittedDocument[];
}

/**
 * Takes relevant documents, best first, as long as each fits as a whole; one that does not fit is skipped. A
 * repeated document counts once, and neighbours are merged before they are counted.
 *
 * @throws RetrievalError `invalid-option` if there are relevant documents and none of them fits
 */
export async function fitPassages(
  documents: readonly DocumentInterface[],
  { maxContextTokens, countTokens, scoreThreshold }: FittingOptions,
): Promise<Fitted> {
  const count = counter(countTokens);
  const omitted: OmittedDocument[] = [];
  let chosen: readonly Found[] = [];
  let passages: readonly Passage[] = [];
  let tokens = 0;
  let least = Infinity;
  const breather = new Breather();
  for (const [index, document] of withoutRepetitions(documents).entries()) {
    if (breather.isDue) await breather.pause();
    const documentId = identityOf(document);
    if (scoreThreshold !== undefined && !reaches(document, scoreThreshold)) {
      omitted.push({ documentId, reason: "irrelevant" });
      continue;
    }
    const more = [...chosen, { document, index }];
    const merged = mergeNeighbours(more);
    const needed = await count(merged);
    least = Math.min(least, needed);
    if (needed > maxContextTokens) {
      omitted.push({ documentId, reason: "no-room" });
      continue;
    }
    [chosen, passages, tokens] = [more, merged, needed];
  }
  if (passages.length === 0 && least !== Infinity) throw noRoom(maxContextTokens, least);
  return { passages, tokens, omitted };
}

/** Counts passages as they are shown to the model; each text is counted once. */
function counter(countTokens: TokenCounter): (passages: readonly Passage[]) => Promise<number> {
  const known = new Map<string, number>();
  return async (passages) => {
    let sum = 0;
    for (const [index, { document }] of passages.entries()) {
      const text = renderPassage(document, index + 1);
      const tokens = known.get(text) ?? (await countTokens(text));
      known.set(text, tokens);
      sum += tokens;
    }
    return sum;
  };
}

/** A document without a relevance score passes any threshold: nothing shows that it is not relevant. */
function reaches(document: DocumentInterface, threshold: number): boolean {
  if (provenanceOf(document).rerank) return isRelevant(document, threshold);
  const score: unknown = document.metadata["relevanceScore"];
  return typeof score !== "number" || score >= threshold;
}

function noRoom(maxContextTokens: number, least: number): RetrievalError {
  return new RetrievalError(
    "invalid-option",
    `Expected \`maxContextTokens\` to be at least ${least}, the size of the shortest passage found, got ${maxContextTokens}: raise it, or split the documents into shorter passages.`,
  );
}
