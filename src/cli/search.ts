import { Option, type Command } from "commander";
import { provenanceOf } from "../documents/provenance.ts";
import { requireText, RetrievalError } from "../errors.ts";
import type { Fusion } from "../fusion/fusion.ts";
import { reciprocalRankFusion } from "../fusion/reciprocal-rank-fusion.ts";
import { weightedScoreFusion } from "../fusion/weighted-score-fusion.ts";
import { timesOf } from "../retrieval/trace-words.ts";
import type { RetrievalTrace } from "../retrieval/trace.ts";
import { comparisonTable, indexBar, printTrace } from "./output.ts";
import { addPipelineOptions, openPipeline, parseCount, type PipelineOptions } from "./pipeline.ts";

/** The fusions by the names that the command line has for them. */
const fusions = {
  rrf: reciprocalRankFusion,
  "min-max": () => weightedScoreFusion({ normalization: "min-max" }),
  "z-score": () => weightedScoreFusion({ normalization: "z-score" }),
  distribution: () => weightedScoreFusion({ normalization: "distribution" }),
  rank: () => weightedScoreFusion({ normalization: "rank" }),
} as const satisfies Record<string, () => Fusion>;

interface SearchCommandOptions extends PipelineOptions {
  readonly hybrid?: boolean;
  readonly fusion: keyof typeof fusions;
  readonly blend?: number;
  readonly k: number;
  readonly candidates: number;
  readonly rerank: boolean;
  readonly compare?: boolean;
  readonly json?: boolean;
  readonly documents?: string;
}

export function addSearchCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("search")
    .description("find the passages that answer a question")
    .argument("<question>", "what to ask")
    .option("-k, --k <count>", "how many passages to show", parseCount, 5)
    .option("--candidates <count>", "how many the reranker reads", parseCount, 50)
    .option("--hybrid", "fuse BM25 with the vectors before reranking")
    .addOption(
      new Option("--fusion <method>", "how --hybrid fuses")
        .choices(Object.keys(fusions))
        .default("rrf"),
    )
    .option(
      "--blend <weight>",
      "weight of the reranker in 0..1, the rest is the first stage's",
      Number,
    )
    .option("--no-rerank", "the first stage alone")
    .option("--compare", "show the order without and with reranking side by side")
    .option("--json", "print the result as JSON")
    .option("--documents <folder>", "with --store memory: what to index first");
  addPipelineOptions(command, "documents").action(
    (question: string, options: SearchCommandOptions) => search(question, options, signal),
  );
}

async function search(
  question: string,
  options: SearchCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  requireText("question", question);
  requireConsistent(options);
  await using pipeline = await openPipeline(options);
  if (options.documents !== undefined) {
    const bar = indexBar();
    await pipeline.index(options.documents, { signal, onProgress: bar.update }).finally(bar.stop);
  }
  const { k, candidates: candidateCount, rerank } = options;
  const trace = await pipeline.search(
    question,
    { k, candidateCount, rerank, signal },
    { ...options, fusion: fusions[options.fusion]() },
  );
  if (options.json === true) return console.log(JSON.stringify(toJson(trace), null, 2));
  if (trace.documents.length === 0) {
    throw new RetrievalError(
      "invalid-input",
      `Nothing is stored in collection "${options.collection}" of ${pipeline.place}: run \`langchain-rerank index <folder>\` first.`,
    );
  }
  if (options.compare === true) console.log(comparisonTable(trace), `\n${timesOf(trace)}`);
  else printTrace(trace);
}

function requireConsistent({ store, documents, rerank, compare }: SearchCommandOptions): void {
  if ((store === "memory") !== (documents !== undefined)) {
    throw new RetrievalError(
      "invalid-option",
      "Expected --store memory and --documents <folder> together: a store in memory begins empty.",
    );
  }
  if (!rerank && compare === true) {
    throw new RetrievalError(
      "invalid-option",
      "Expected one of --compare and --no-rerank, got both.",
    );
  }
}

function toJson({ query, documents, stages, coverage, milliseconds }: RetrievalTrace): object {
  return {
    query,
    milliseconds,
    stages: stages.map(({ documents: found, ...stage }) => ({ ...stage, count: found.length })),
    coverage,
    results: documents.map((document) => {
      const { retrieval: _provenance, ...metadata } = document.metadata;
      return {
        id: document.id,
        text: document.pageContent,
        metadata,
        retrieval: provenanceOf(document),
      };
    }),
  };
}
