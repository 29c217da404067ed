import type { Document } from "@langchain/core/documents";
import type { Command } from "commander";
import { provenanceOf } from "../documents/provenance.ts";
import { requireText, RetrievalError } from "../errors.ts";
import { indexFolder } from "../retrieval/index-folder.ts";
import { comparisonTable, indexBar, rankingTable, timingLine } from "./output.ts";
import { addPipelineOptions, openPipeline, parseCount, type PipelineOptions } from "./pipeline.ts";
import { searchTwoStage, type SearchResult } from "./two-stage-search.ts";

interface SearchCommandOptions extends PipelineOptions {
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
    const { store } = pipeline;
    await indexFolder(options.documents, { store, signal, onProgress: bar.update }).finally(
      bar.stop,
    );
  }
  const result = await searchTwoStage(question, pipeline, { ...options, signal });
  const shown = options.rerank ? result.reranked : result.candidates.slice(0, options.k);
  if (options.json === true) return console.log(JSON.stringify(toJson(shown, result), null, 2));
  if (shown.length === 0) {
    throw new RetrievalError(
      "invalid-input",
      `Nothing is stored in collection "${options.collection}" of ${pipeline.place}: run \`langchain-rerank index <folder>\` first.`,
    );
  }
  console.log(
    options.compare === true ? comparisonTable(result) : rankingTable(shown, options.rerank),
  );
  console.log(timingLine(result));
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

function toJson(documents: readonly Document[], { milliseconds }: SearchResult): object {
  return {
    milliseconds,
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
