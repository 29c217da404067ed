import type { Document } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { InvalidArgumentError } from "commander";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import type { System } from "../evaluation/experiment/system.ts";
import { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import { HybridRetriever } from "../retrieval/hybrid-retriever.ts";
import { vectorPassages } from "../retrieval/indexed-passages.ts";
import { TwoStageRetriever } from "../retrieval/two-stage-retriever.ts";
import { DenseRetriever } from "../vector-store/dense-retriever.ts";
import { indexBar, progressBars } from "./output.ts";
import { openMemoryStore } from "./open-store.ts";
import { requireModels, type PipelineOptions } from "./pipeline.ts";

/** The names for `--systems`: a first stage, or one followed by the reranker; `rerank` follows `dense`. */
export const systemNames = [
  "dense",
  "bm25",
  "hybrid",
  "rerank",
  "bm25+rerank",
  "hybrid+rerank",
] as const;

export type SystemName = (typeof systemNames)[number];

/** Names of systems, separated by commas. */
export function parseSystems(text: string): SystemName[] {
  return parseKnown(text, systemNames);
}

/** Some of these names, separated by commas. */
export function parseKnown<Name extends string>(text: string, known: readonly Name[]): Name[] {
  return text.split(",").map((given) => {
    const name = known.find((one) => one === given.trim());
    if (name !== undefined) return name;
    throw new InvalidArgumentError(
      `Expected one or more of ${known.join(", ")}, separated by commas, got ${given}.`,
    );
  });
}

/** Retrievers over one collection in memory; disposing of it frees the models. */
export interface MeasuredSystems extends AsyncDisposable {
  /** The systems to ask, by name. */
  systems(names: readonly SystemName[], candidateCount: number): Record<string, System>;
  /** The retriever that reranks this many candidates of a system's first stage. */
  reranking(name: SystemName, candidateCount: number): TwoStageRetriever;
}

/** The names for `--first-stages`. */
export const firstStageNames = ["dense", "bm25", "hybrid"] as const;

export type FirstStageName = (typeof firstStageNames)[number];

/** First stages over one collection in memory; disposing of them frees the bi-encoder. */
export interface FirstStages extends AsyncDisposable {
  readonly sources: Readonly<Record<FirstStageName, CandidateSource>>;
}

/** As many passages as a `HybridRetriever` of a search fuses at least. */
const fewestFused = 50;

/**
 * Embeds and indexes the passages for first stages that return up to `depth` of them; vector search is exact.
 * Hybrid search fuses as many passages of each list as a search for `candidates` does, whatever `depth` is: so its
 * list is the same with and without a sweep, and a pool begins with the list of the system.
 */
export async function openFirstStages(
  passages: readonly Document[],
  { model, device }: Pick<PipelineOptions, "model" | "device">,
  {
    candidates,
    depth,
    names,
    signal,
  }: {
    readonly candidates: number;
    readonly depth: number;
    readonly names: readonly FirstStageName[];
    readonly signal: AbortSignal;
  },
): Promise<FirstStages> {
  const embeddings = new OnnxEmbeddings({ model, device, onProgress: progressBars() });
  const store = await openMemoryStore(embeddings);
  if (names.some((name) => name !== "bm25")) await embed(passages, { store, signal });
  const dense = new DenseRetriever({ store, k: depth });
  const bm25 = await Bm25Retriever.fromDocuments([...passages], { k: depth });
  const fused = Math.max(fewestFused, candidates);
  const hybrid = new HybridRetriever({
    retrievers: [
      { retriever: dense, name: "dense", k: fused },
      { retriever: bm25, name: "bm25", k: fused },
    ],
    k: depth,
  });
  return {
    sources: { dense, bm25, hybrid },
    [Symbol.asyncDispose]: () => embeddings.dispose(),
  };
}

/** Opens the first stages, and creates retrievers that return up to `depth` of their passages. */
export async function openMeasuredSystems(
  passages: readonly Document[],
  {
    model,
    reranker: rerankerModel,
    device,
  }: Pick<PipelineOptions, "model" | "reranker" | "device">,
  {
    candidates,
    depth,
    names,
    signal,
  }: {
    readonly candidates: number;
    readonly depth: number;
    readonly names: readonly SystemName[];
    readonly signal: AbortSignal;
  },
): Promise<MeasuredSystems> {
  await requireModels(model, [rerankerModel]);
  // A later system must not reuse the scores of an earlier one, because its time is measured.
  const reranker = new CrossEncoderReranker({
    model: rerankerModel,
    device,
    cache: false,
    onProgress: progressBars(),
  });
  const first = await openFirstStages(
    passages,
    { model, device },
    { candidates, depth, names: names.map(firstStageOf), signal },
  );
  const reranking = (name: SystemName, candidateCount: number): TwoStageRetriever =>
    new TwoStageRetriever({
      candidates: first.sources[firstStageOf(name)],
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
      await Promise.all([first[Symbol.asyncDispose](), reranker.dispose()]);
    },
  };
}

/** An abort takes effect after the current passages. */
async function embed(
  passages: readonly Document[],
  { store, signal }: { readonly store: VectorStoreInterface; readonly signal: AbortSignal },
): Promise<void> {
  const bar = indexBar();
  const total = passages.length;
  const onProgress = (done: number): void => bar.update({ done, total });
  onProgress(0);
  await vectorPassages(store).put(passages, { signal, onProgress }).finally(bar.stop);
}

/** The last reranked system of these, or else the reranked form of the last one. */
export function rerankedSystem(names: readonly SystemName[]): SystemName {
  const named = names.findLast((name) => name.includes("rerank"));
  if (named !== undefined) return named;
  const first = firstStageOf(names.at(-1) ?? "dense");
  return first === "dense" ? "rerank" : `${first}+rerank`;
}

/** The first stage of a reranked system. */
export function firstStageOf(name: string): FirstStageName {
  if (name.startsWith("bm25")) return "bm25";
  return name.startsWith("hybrid") ? "hybrid" : "dense";
}
