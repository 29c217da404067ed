import { Option, type Command } from "commander";
import { RetrievalError } from "../errors.ts";
import { fusionNames, type FusionName } from "../fusion/named-fusion.ts";
import type { SourceLimits } from "../retrieval/limit-per-source.ts";
import type { SearchStages } from "../retrieval/search-index.ts";
import { inspectChroma } from "../vector-store/inspect-chroma.ts";
import { withWords } from "./command-words.ts";
import { indexBar } from "./output.ts";
import {
  addPipelineOptions,
  defaultCollection,
  openPipeline,
  parseCount,
  parseShare,
  type Pipeline,
  type PipelineOptions,
} from "./pipeline.ts";

/** Options of the commands that search. */
export interface RetrievalOptions extends PipelineOptions, SourceLimits {
  readonly hybrid?: boolean;
  readonly fusion?: FusionName;
  readonly blend?: number;
  readonly k: number;
  readonly candidates?: number;
  readonly documents?: string;
}

export function addRetrievalOptions(command: Command): Command {
  command
    .option("-k, --k <count>", "number of passages to return", parseCount, 5)
    .option(
      "--candidates <count>",
      "number of candidates to rerank (default: 50, or -k if larger)",
      parseCount,
    )
    .option("--hybrid", "fuse BM25 with the vectors before reranking")
    .addOption(
      new Option("--fusion <method>", "fusion method of --hybrid (default: rrf)").choices(
        fusionNames,
      ),
    )
    .option(
      "--blend <weight>",
      "weight of the reranker from 0 to 1; the first stage has the rest",
      parseShare,
    )
    .option("--max-per-source <count>", "maximum number of passages from one file", parseCount)
    .option("--max-per-section <count>", "maximum number of passages from one section", parseCount)
    .option("--documents <folder>", "folder to index in memory first, with --store memory");
  return addPipelineOptions(command, defaultCollection);
}

/** Models and store of a command that searches, with `--documents` indexed. */
export async function openToSearch(
  options: RetrievalOptions,
  signal: AbortSignal,
): Promise<Pipeline> {
  requireRetrievalOptions(options);
  const pipeline = await openExisting(options);
  if (options.documents === undefined) return pipeline;
  const bar = indexBar();
  try {
    const { documents } = options;
    await withWords({ folder: "--documents" }, () =>
      pipeline.index(documents, { signal, onProgress: bar.update }),
    );
    return pipeline;
  } catch (error) {
    await pipeline[Symbol.asyncDispose]();
    throw error;
  } finally {
    bar.stop();
  }
}

/** A misspelt --collection must not create one. */
async function openExisting(options: RetrievalOptions): Promise<Pipeline> {
  try {
    return await openPipeline(options, { store: "existing", create: false });
  } catch (error) {
    const { store: location, collection } = options;
    const isMismatch = error instanceof RetrievalError && error.code === "store-mismatch";
    if (!isMismatch) throw error;
    const { collections } = await inspectChroma(location);
    if (collections.some(({ name }) => name === collection)) throw error;
    throw await nothingStored(options, { location });
  }
}

/** Refuses options that contradict each other, or would have no effect, because nobody would notice the mistake. */
export function requireRetrievalOptions(options: RetrievalOptions): void {
  if ((options.store === "memory") !== (options.documents !== undefined)) {
    throw new RetrievalError(
      "invalid-option",
      "Expected --store memory and --documents <folder> together, got only one of them: a store in memory starts empty.",
    );
  }
  const { hybrid, fusion, k, candidates } = options;
  if (fusion !== undefined && hybrid !== true) {
    throw new RetrievalError(
      "invalid-option",
      "Expected --fusion together with --hybrid, got --fusion alone: add --hybrid, or leave --fusion out.",
    );
  }
  if (candidates !== undefined && candidates < k) {
    throw new RetrievalError(
      "invalid-option",
      `Expected --candidates to be at least ${k}, the value of -k, got ${candidates}.`,
    );
  }
}

/** Number of candidates for the reranker, at least the number of requested results. */
export function candidateCountOf({ k, candidates }: RetrievalOptions): number {
  return candidates ?? Math.max(50, k);
}

export function stagesOf({
  hybrid,
  fusion,
  blend,
  maxPerSource,
  maxPerSection,
}: RetrievalOptions): SearchStages {
  return { hybrid, fusion, blend, maxPerSource, maxPerSection };
}

/** Explains an empty result: lists the collections that can be searched. */
export async function nothingStored(
  { collection, store }: Pick<RetrievalOptions, "collection" | "store">,
  { location }: Pick<Pipeline, "location">,
): Promise<RetrievalError> {
  const { collections } = store === "memory" ? { collections: [] } : await inspectChroma(store);
  const others = collections.map(({ name }) => name).filter((name) => name !== collection);
  const wayOut =
    others.length > 0
      ? `pass --collection ${others.join(" or ")}, or run \`npx langchain-rerank index <folder>\` first.`
      : "run `npx langchain-rerank index <folder>` first.";
  return new RetrievalError(
    "invalid-input",
    `Expected passages in collection "${collection}" of ${location}, found none: ${wayOut}`,
  );
}
