import type { Grades } from "../data/judgements.ts";
import { type IdOf, judgedId } from "../experiment/found-documents.ts";
import type { ChainAnswer } from "./answering-chain.ts";

/** A citation with what the judgements say about its passage. */
export interface EvaluatedCitation {
  /** The number in the marker, from 1. */
  readonly number: number;
  /** The judged ids of the passage: one, or several of merged neighbours. */
  readonly ids: readonly string[];
  /** The best grade among them; `undefined` if none is judged. */
  readonly grade: number | undefined;
}

/** How many relevant documents a question has, by their judged ids. */
export interface RelevantCounts {
  /** In the judgements. */
  readonly judged: number;
  /** Of those, the ones in passages that the model was given. */
  readonly passed: number;
  /** Of those, the ones in passages that the answer cites. */
  readonly cited: number;
}

/** The citations of one answer, and its passages, compared with the judgements. */
export interface ComparedCitations {
  readonly citations: readonly EvaluatedCitation[];
  readonly relevant: RelevantCounts;
}

/**
 * Compares citations and passages with the grades of the question. A passage of merged neighbours has several ids, and
 * its best grade counts.
 *
 * @throws RetrievalError `invalid-input` if `idOf` does not return a non-empty string.
 */
export function compareCitations(
  { citations, documents, trace }: ChainAnswer,
  {
    grades,
    idOf,
    relevanceLevel,
  }: { readonly grades: Grades; readonly idOf: IdOf; readonly relevanceLevel: number },
): ComparedCitations {
  const merged = new Map(trace?.merged?.map((passage) => [passage.number, passage.documents]));
  const passages = documents.map((document, index) => {
    const members = merged.get(index + 1) ?? [document];
    const ids = [...new Set(members.map((member) => judgedId(member, idOf)))];
    const found = ids.flatMap((id) => grades.get(id) ?? []);
    return { ids, grade: found.length === 0 ? undefined : Math.max(...found) };
  });
  const relevant = new Set(
    [...grades].filter(([, grade]) => grade >= relevanceLevel).map(([id]) => id),
  );
  const compared = citations.map(({ number }) => ({
    number,
    ids: passages[number - 1]?.ids ?? [],
    grade: passages[number - 1]?.grade,
  }));
  return {
    citations: compared,
    relevant: {
      judged: relevant.size,
      passed: countIn(relevant, passages),
      cited: countIn(relevant, compared),
    },
  };
}

/** The share of citations whose passage is relevant; 0 for an answer without citations, as in ALCE. */
export function citationPrecision(
  citations: readonly EvaluatedCitation[],
  relevanceLevel: number,
): number {
  const right = citations.filter(({ grade }) => grade !== undefined && grade >= relevanceLevel);
  return citations.length === 0 ? 0 : right.length / citations.length;
}

function countIn(
  relevant: ReadonlySet<string>,
  passages: readonly { readonly ids: readonly string[] }[],
): number {
  const ids = new Set(passages.flatMap((passage) => passage.ids));
  return [...relevant].filter((id) => ids.has(id)).length;
}
