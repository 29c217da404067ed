import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import { firstStageScore, provenanceOf } from "../../documents/provenance.ts";
import { RetrievalError } from "../../errors.ts";
import type { RetrievalTrace } from "../../documents/retrieval-trace.ts";
import type { ModelInfo } from "../../model/onnx-model.ts";
import type { Windowing } from "../../model/tokens/text-windows.ts";
import type { PairScorer } from "../../ranking/pair-scorer.ts";
import type { ScoringModel } from "../../ranking/scoring-model.ts";
import { type IdOf, judgedId } from "../experiment/found-documents.ts";
import { stageTimes } from "../experiment/system.ts";
import type { Pool, PoolDocument, PoolScorer } from "./pool.ts";

/** The part of a search's trace that makes a pool. */
export type PoolingTrace = Pick<RetrievalTrace, "candidates" | "stages" | "milliseconds">;

/** What pools record of a reranker. */
export interface PoolingReranker {
  readonly scorer: Pick<PairScorer, "name" | "scale">;
  /** Returns the settings of the loaded model, if the scorer runs one. */
  info?(): Promise<(Partial<ModelInfo> & { readonly window?: Windowing | undefined }) | undefined>;
}

/** A retriever that pools can be collected from, such as a `TwoStageRetriever`. */
export interface PoolingRetriever {
  readonly reranker: PoolingReranker;
  /** Returns the bi-encoders of the first stage, as far as they are known. */
  vectorModels?(): Promise<readonly ScoringModel[]>;
  /** Runs one search and returns its candidates and the result of each stage. */
  search(
    query: string,
    options: {
      readonly k: number;
      readonly candidateCount: number;
      readonly rerank: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<PoolingTrace>;
}

/**
 * The pool of a search: the result of its reranker, before blend and threshold.
 *
 * @throws RetrievalError `invalid-input` if the reranker failed, did not score every candidate, the first stage
 * gave a rank twice, or a scorer other than `scorer` gave a score
 */
export function poolOf(
  { candidates, stages, milliseconds }: PoolingTrace,
  { idOf, scorer }: { readonly idOf: IdOf; readonly scorer: string },
): Pool {
  const stageIndex = stages.findIndex(({ name }) => name === "rerank");
  const rerank = stages[stageIndex];
  if (rerank === undefined || rerank.failure !== undefined) {
    throw notScored(rerank?.failure ?? "the search has no stage `rerank`");
  }
  const indexByRank = new Map(
    candidates.map((document, index) => {
      const { rank = index + 1, rankShift = 0 } = provenanceOf(document);
      return [rank + rankShift, index];
    }),
  );
  const byIndex = new Map(
    rerank.documents.map((document) => {
      const { rank = 0, rankShift = 0 } = provenanceOf(document);
      return [indexByRank.get(rank + rankShift), document];
    }),
  );
  const documents = candidates.map((_, index) => {
    const document = byIndex.get(index);
    if (document !== undefined) return poolDocument(document, { idOf, scorer });
    throw notScored(`the candidate at rank ${index + 1} was not found in the reranker's list`);
  });
  const behindMs = stages.slice(stageIndex).reduce((sum, stage) => sum + stage.milliseconds, 0);
  return {
    documents,
    stages: stageTimes(stages),
    firstStageMs: Math.max(0, milliseconds - behindMs),
    rerankMs: rerank.milliseconds,
  };
}

function poolDocument(
  document: DocumentInterface,
  { idOf, scorer }: { readonly idOf: IdOf; readonly scorer: string },
): PoolDocument {
  const { rerank, dense, lexical, fused } = provenanceOf(document);
  const { rawScore, truncatedTokens, windows } = scoreOfPassage(document, scorer);
  // In the order in which a saved pool is read.
  return {
    id: judgedId(document, idOf),
    firstScore: firstStageScore(document),
    dense,
    lexical,
    fused: fused && { rank: fused.rank, score: fused.score },
    rawScore,
    relevance: rerank?.scored === true ? rerank.score : 0,
    characters: document.pageContent.length,
    truncatedTokens,
    windows,
  };
}

/**
 * What the reranker said about a passage.
 *
 * @throws RetrievalError `invalid-input` if it did not score the passage (a score that is not a number is
 * allowed), or if a scorer other than `scorer` gave the score
 */
export function scoreOfPassage(
  document: DocumentInterface,
  scorer: string,
): Pick<PoolDocument, "rawScore" | "truncatedTokens" | "windows"> {
  const { rerank } = provenanceOf(document);
  const isUnlikely = rerank?.scored === false && rerank.reason === "unlikely";
  if (isUnlikely || rerank?.stages !== undefined) {
    throw new RetrievalError(
      "invalid-input",
      "Expected a search that scores every candidate, but some are left out as unlikely: use a reranker without `adaptiveDepth` and without a cascade. `bakeOff` derives cascades from the scores of their scorers.",
    );
  }
  if (rerank === undefined || (!rerank.scored && rerank.reason !== "error")) {
    const reason = rerank?.scored === false ? rerank.reason : "no reranker";
    throw notScored(`a candidate was not scored (${reason})`);
  }
  if (!rerank.scored) return { rawScore: undefined, truncatedTokens: 0, windows: undefined };
  if (rerank.model === scorer) {
    const { raw: rawScore, truncatedTokens, window } = rerank;
    return { rawScore, truncatedTokens, windows: window?.windows };
  }
  throw new RetrievalError(
    "invalid-input",
    `Expected scores of ${scorer}, got those of ${rerank.model}: collect pools with a scorer that does not pass calls on to another one.`,
  );
}

/** The reranker as pools record it; loads its model, if it has one. */
export async function poolScorerOf(
  reranker: PoolingReranker,
  signal: AbortSignal | undefined,
): Promise<PoolScorer> {
  const { name, scale } = reranker.scorer;
  const loaded = await untilAborted(reranker.info?.() ?? Promise.resolve(undefined), signal);
  const { fileHash, arithmetic, maxTokens, window, cost } = loaded ?? {};
  return { name, scale, fileHash, arithmetic, maxTokens, window, cost };
}

function notScored(reason: string): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `Expected a search that scores every candidate, but ${reason}: use a retriever without \`deadlineMs\` ` +
      "whose first stage ranks its candidates from 1.",
  );
}
