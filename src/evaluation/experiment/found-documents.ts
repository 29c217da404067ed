import type { DocumentInterface } from "@langchain/core/documents";
import { provenanceOf } from "../../documents/provenance.ts";
import { requireText } from "../../errors.ts";
import type { FoundDocument } from "./experiment-result.ts";

/** Returns a document's id in the judgements; passages of one judged document share their id. */
export type IdOf = (document: DocumentInterface) => string;

/**
 * The documents of a list by their judged ids, each once: an id gets the rank, text and scores of its best
 * passage. Ranks count ids, not passages, in the result and in the first stage. Without candidates, an id's
 * first rank comes from the provenance of its passages, which counts passages.
 *
 * @throws RetrievalError `invalid-input` if `idOf` does not return a non-empty string.
 */
export function foundDocuments(
  {
    documents,
    candidates = [],
  }: {
    readonly documents: readonly DocumentInterface[];
    readonly candidates?: readonly DocumentInterface[];
  },
  idOf: IdOf,
): FoundDocument[] {
  const firstRanks = new Map<string, number>();
  for (const id of candidates.map((document) => judgedId(document, idOf))) {
    if (!firstRanks.has(id)) firstRanks.set(id, firstRanks.size + 1);
  }
  const remembered = new Map<string, number>();
  const best = new Map<string, DocumentInterface>();
  for (const document of documents) {
    const id = judgedId(document, idOf);
    if (!best.has(id)) best.set(id, document);
    const { rank, rankShift } = provenanceOf(document);
    if (rank === undefined || rankShift === undefined) continue;
    remembered.set(id, Math.min(remembered.get(id) ?? Infinity, rank + rankShift));
  }
  return [...best].map(([id, document], index) => {
    const { rerank } = provenanceOf(document);
    const isScored = rerank?.scored === true;
    return {
      id,
      text: document.pageContent,
      rank: index + 1,
      firstRank: firstRanks.get(id) ?? remembered.get(id) ?? index + 1,
      rawScore: isScored ? rerank.raw : undefined,
      truncatedTokens: isScored ? rerank.truncatedTokens : 0,
    };
  });
}

/** The judged id of a document, validated. */
export function judgedId(document: DocumentInterface, idOf: IdOf): string {
  return requireText("idOf(document)", idOf(document));
}
