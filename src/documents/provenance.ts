import { type DocumentInterface, Document } from "@langchain/core/documents";
import type { FusionContributions } from "../ranking/fitted-fusion.ts";
import type { BestWindow, UnscoredReason } from "../ranking/pair-scorer.ts";
import { keepOwn } from "./own-metadata.ts";

/** A document's rank and score in one stage; ranks count from 1, higher scores are better. */
export interface StageRank {
  readonly rank: number;
  readonly score: number;
}

/** A score of one of several scorers that read the document one after the other. */
export interface StageScore {
  readonly model: string;
  /** The model's output, on its own scale. */
  readonly raw: number;
}

/**
 * What the reranker did with a document: its score, its rank by a list reranker, which gives no scores, or the
 * reason why it has neither.
 */
export type RerankOutcome = {
  /** The score of each stage of a cascade that scored the document, in the order of the stages. */
  readonly stages?: readonly StageScore[];
} & (
  | {
      readonly scored: true;
      readonly rank: number;
      /** In 0..1: the raw score on the scale of `relevanceScore`. */
      readonly score: number;
      /** The model's output: a logit for most cross-encoders. */
      readonly raw: number;
      readonly model: string;
      /** How many tokens of query and text did not fit the model's window. */
      readonly truncatedTokens: number;
      /**
       * Set if the text was scored in windows: the one whose score it has, with offsets in `pageContent`.
       */
      readonly window?: BestWindow;
    }
  | {
      readonly scored: false;
      readonly reason: "list";
      readonly rank: number;
      /** Name of the list reranker. */
      readonly model: string;
    }
  | {
      readonly scored: false;
      /** `unlikely`: adaptive depth stopped before this document, or the next stage of a cascade did not read it. */
      readonly reason: UnscoredReason;
      /** The message of the error, if it left all documents without a score or a rank. */
      readonly failure?: string;
    }
);

/**
 * How a document got its rank: written to `metadata.retrieval` by every retriever and reranker of this package.
 * A value of the document's own under that name is kept as `metadata.documentRetrieval`.
 */
export interface Provenance {
  /** Final rank. */
  readonly rank: number;
  /** First-stage rank minus final rank: positive if reranking raised the document. */
  readonly rankShift?: number;
  /** Bi-encoder; the score is a similarity, never a distance. */
  readonly dense?: StageRank;
  /** BM25. */
  readonly lexical?: StageRank;
  /** `contributions` are set if the fusion was fitted. */
  readonly fused?: StageRank & {
    readonly method: string;
    readonly contributions?: FusionContributions;
  };
  readonly rerank?: RerankOutcome;
  /** `contributions` are set if the blend is a fitted fusion; they add up to the score. */
  readonly blended?: StageRank & { readonly contributions?: FusionContributions };
  /** The id by which `createRetrievalTool` shows the document to a model: the same in every search. */
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

/** Returns a new document whose provenance is merged with `provenance`; the input document is not changed. */
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
 * As `withProvenance`, for a document that moves from rank `from` to rank `to`. The shift is counted from its
 * first-stage rank, as recorded in earlier provenance, or else from `from`.
 */
export function movedTo(
  document: DocumentInterface,
  { from, to }: { readonly from: number; readonly to: number },
  provenance: Partial<Provenance> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Document {
  const { rank = from, rankShift = 0 } = provenanceOf(document);
  const ranks = { rank: to, rankShift: rank + rankShift - to };
  return withProvenance(document, { ...ranks, ...provenance }, metadata);
}

/** Writes each document's rank in this list. */
export function withRanks(documents: readonly DocumentInterface[]): Document[] {
  return documents.map((document, index) => movedTo(document, { from: index + 1, to: index + 1 }));
}

/**
 * A copy without `relevanceScore`. An earlier reranker's score is dropped, because it could be mistaken for a later
 * one's; a value of the document's own is kept as `documentRelevanceScore`.
 */
export function withoutRelevance(document: DocumentInterface): DocumentInterface {
  const { rerank } = provenanceOf(document);
  const { relevanceScore: _earlier, ...metadata } =
    rerank === undefined ? keepOwn(document.metadata, ["relevanceScore"]) : document.metadata;
  return { ...document, metadata };
}

/** The candidates of a reranker that failed, in their order. */
export function withoutRerank(candidates: readonly DocumentInterface[]): Document[] {
  const rerank = { scored: false, reason: "error" } as const;
  return candidates.map((document, index) =>
    movedTo(withoutRelevance(document), { from: index + 1, to: index + 1 }, { rerank }),
  );
}

/** Whether a reranked document reaches a `relevanceScore`, as defined by `reachesThreshold`. */
export function isRelevant(document: DocumentInterface, threshold: number): boolean {
  const { rerank } = provenanceOf(document);
  return rerank === undefined || reachesThreshold(rerank, threshold);
}

/** The outcome of a document that has no score, with the message of the error that left all without one. */
export function notReranked(reason: UnscoredReason, failure: Error | undefined): RerankOutcome {
  return { scored: false, reason, ...(failure && { failure: failure.message }) };
}

/** Whether the reranker, by a score or as part of a list, chose the document's rank. */
export function isReranked(document: DocumentInterface): boolean {
  const { rerank } = provenanceOf(document);
  return rerank !== undefined && (rerank.scored || rerank.reason === "list");
}

/**
 * Whether a rerank result reaches a `relevanceScore`. A document without a score does, since nothing shows that it
 * is not relevant; one that adaptive depth or a cascade left out does not.
 */
export function reachesThreshold(
  rerank:
    | { readonly scored: true; readonly score: number }
    | { readonly scored: false; readonly reason: UnscoredReason | "list" },
  threshold: number,
): boolean {
  return rerank.scored ? rerank.score >= threshold : rerank.reason !== "unlikely";
}

/** The score that ordered the candidates; minus the rank if the source gave no scores. */
export function firstStageScore(document: DocumentInterface): number {
  const { rank = 0, rankShift = 0, fused, lexical, dense } = provenanceOf(document);
  return (fused ?? lexical ?? dense)?.score ?? -(rank + rankShift);
}
