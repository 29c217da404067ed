import { type DocumentInterface, Document } from "@langchain/core/documents";
import type { UnscoredReason } from "../ranking/pair-scorer.ts";
import { keepOwn } from "./own-metadata.ts";

/** Where a document stood in one stage; ranks count from 1, higher scores are better. */
export interface StageRank {
  readonly rank: number;
  readonly score: number;
}

/** What the reranker made of a document: its score, or why it has none. */
export type RerankOutcome =
  | {
      readonly scored: true;
      readonly rank: number;
      /** In 0..1: the model's raw score on the scale of `relevanceScore`. */
      readonly score: number;
      /** What the model gave: a logit for most cross-encoders. */
      readonly raw: number;
      readonly model: string;
      /** How many tokens of query and text did not fit into the model's window. */
      readonly truncatedTokens: number;
    }
  | {
      readonly scored: false;
      /** `unlikely`: adaptive depth stopped before it. */
      readonly reason: UnscoredReason;
    };

/**
 * Where a document came from: written to `metadata.retrieval` by every retriever and reranker here. What a document
 * has there itself, such as a text, is kept as `metadata.documentRetrieval`.
 */
export interface Provenance {
  /** Final place. */
  readonly rank: number;
  /** First-stage rank minus final rank: positive where reranking raised the document. */
  readonly rankShift?: number;
  /** Bi-encoder; the score is a similarity, never a distance. */
  readonly dense?: StageRank;
  /** BM25. */
  readonly lexical?: StageRank;
  readonly fused?: StageRank & { readonly method: string };
  readonly rerank?: RerankOutcome;
  readonly blended?: StageRank;
  /** What `createRetrievalTool` calls the document when it shows it to a model: the same in every search. */
  readonly passageId?: string;
}

/** The provenance that an earlier stage wrote, if any. */
export function provenanceOf(document: DocumentInterface): Partial<Provenance> {
  const found: unknown = document.metadata["retrieval"];
  return isProvenance(found) ? found : {};
}

function isProvenance(value: unknown): value is Partial<Provenance> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A new document with `provenance` laid over what earlier stages wrote; the one given stays as it was. */
export function withProvenance(
  document: DocumentInterface,
  provenance: Provenance,
  metadata: Readonly<Record<string, unknown>> = {},
): Document {
  return new Document({
    pageContent: document.pageContent,
    metadata: {
      ...(isProvenance(document.metadata["retrieval"])
        ? document.metadata
        : keepOwn(document.metadata, ["retrieval"])),
      ...metadata,
      retrieval: { ...provenanceOf(document), ...provenance },
    },
    ...(document.id === undefined ? {} : { id: document.id }),
  });
}

/**
 * As `withProvenance`, for a document that goes from place `from` to place `to`: the shift is counted
 * from its first-stage place, which earlier provenance tells, else `from`.
 */
export function movedTo(
  document: DocumentInterface,
  { from, to }: { readonly from: number; readonly to: number },
  provenance: Partial<Provenance> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Document {
  const { rank = from, rankShift = 0 } = provenanceOf(document);
  const place = { rank: to, rankShift: rank + rankShift - to };
  return withProvenance(document, { ...place, ...provenance }, metadata);
}

/** Whether a document that a reranker has seen reaches a `relevanceScore`, by `reachesThreshold`. */
export function isRelevant(document: DocumentInterface, threshold: number): boolean {
  const { rerank } = provenanceOf(document);
  return rerank === undefined || reachesThreshold(rerank, threshold);
}

/**
 * Whether what a reranker made of a document reaches a `relevanceScore`. Without a score because of the
 * deadline or an error it does, since nothing is known against it; what adaptive depth left out does not.
 */
export function reachesThreshold(
  rerank:
    | { readonly scored: true; readonly score: number }
    | { readonly scored: false; readonly reason: UnscoredReason },
  threshold: number,
): boolean {
  return rerank.scored ? rerank.score >= threshold : rerank.reason !== "unlikely";
}

/** The score that ordered the candidates; a source that gives none is taken by its ranks. */
export function firstStageScore(document: DocumentInterface): number {
  const { rank = 0, rankShift = 0, fused, lexical, dense } = provenanceOf(document);
  return (fused ?? lexical ?? dense)?.score ?? -(rank + rankShift);
}
