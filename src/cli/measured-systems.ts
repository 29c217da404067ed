import type { Document } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import type { System } from "../evaluation/experiment/system.ts";
import { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import { HybridRetriever } from "../retrieval/hybrid-retriever.ts";
import { vectorShelf } from "../retrieval/passage-shelf.ts";
import { TwoStageRetriever } from "../retrieval/two-stage-retriever.ts";
import { DenseRetriever } from "../vector-store/dense-retriever.ts";
import { indexBar, progressBars } from "./output.ts";
import { openMemoryStore, type PipelineOptions } from "./pipeline.ts";

/** What `--systems` can name: a first stage, or one with the reranker behind it; `rerank` is that of the vectors. */
export const systemNames = [
  "dense",
  "bm25",
  "hybrid",
  "rerank",
  "bm25+rerank",
  "hybrid+rerank",
] as const;

export type SystemName = (typeof systemNames)[number];

/** Retrievers over one collection in memory; disposing of it frees the models. */
export interface MeasuredSystems extends AsyncDisposable {
  /** The systems to ask, by name. */
  systems(names: readonly SystemName[], candidateCount: number): Record<string, System>;
  /** The retriever that reranks so many behind a system's first stage. */
  reranking(name: SystemName, candidateCount: number): TwoStageRetriever;
}

/** Embeds and indexes the passages, which are searched exactly, and makes retrievers that give `depth` of them. */
export async function openMeasuredSystems(
  passages: readonly Document[],
  {
    model,
    reranker: rerankerModel,
    device,
  }: Pick<PipelineOptions, "model" | "reranker" | "device">,
  {
    depth,
    names,
    signal,
  }: {
    readonly depth: number;
    readonly names: readonly SystemName[];
    readonly signal: AbortSignal;
  },
): Promise<MeasuredSystems> {
  const onProgress = progressBars();
  const embeddings = new OnnxEmbeddings({ model, device, onProgress });
  // Scores of an earlier system must not be found by the next one, whose time is taken.
  const reranker = new CrossEncoderReranker({
    model: rerankerModel,
    device,
    cache: false,
    onProgress,
  });
  const store = await openMemoryStore(embeddings);
  const needsVectors = names.some((name) => !name.startsWith("bm25"));
  if (needsVectors) await embed(passages, { store, signal });
  const dense = new DenseRetriever({ store, k: depth });
  const bm25 = await Bm25Retriever.fromDocuments([...passages], { k: depth });
  const hybrid = new HybridRetriever({
    retrievers: [
      { retriever: dense, name: "dense" },
      { retriever: bm25, name: "bm25" },
    ],
    k: depth,
  });
  const sources = { dense, bm25, hybrid } as const satisfies Record<string, CandidateSource>;
  const reranking = (name: SystemName, candidateCount: number): TwoStageRetriever =>
    new TwoStageRetriever({
      candidates: sources[firstStageOf(name)],
      reranker,
      k: candidateCount,
      candidateCount,
    });
  return {
    reranking,
    systems: (wanted, candidateCount) =>
      Object.fromEntries(
        wanted.map((name): [string, System] => {
          const retriever = reranking(name, candidateCount);
          const rerank = name.includes("rerank");
          return [
            name,
            { search: (query, options) => retriever.search(query, { ...options, rerank }) },
          ];
        }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([embeddings.dispose(), reranker.dispose()]);
    },
  };
}

/** An abort ends it after the passages in hand. */
async function embed(
  passages: readonly Document[],
  { store, signal }: { readonly store: VectorStoreInterface; readonly signal: AbortSignal },
): Promise<void> {
  const bar = indexBar();
  const total = passages.length;
  const onProgress = (done: number): void => bar.update({ done, total });
  onProgress(0);
  await vectorShelf(store).put(passages, { signal, onProgress }).finally(bar.stop);
}

/** The last reranked one of these, else the reranker behind the last of them. */
export function rerankedSystem(names: readonly SystemName[]): SystemName {
  const named = names.findLast((name) => name.includes("rerank"));
  if (named !== undefined) return named;
  const first = firstStageOf(names.at(-1) ?? "dense");
  return first === "dense" ? "rerank" : `${first}+rerank`;
}

/** The system that a reranked one has for its first stage. */
export function firstStageOf(name: string): "dense" | "bm25" | "hybrid" {
  if (name.startsWith("bm25")) return "bm25";
  return name.startsWith("hybrid") ? "hybrid" : "dense";
}
