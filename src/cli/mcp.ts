import type { Command } from "commander";
import { OnnxCrossEncoder } from "../cross-encoder/onnx-cross-encoder.ts";
import { messageOf } from "../errors.ts";
import { inCommandWords } from "./command-words.ts";
import { progressBars } from "./output.ts";
import { parseShare, requireModels, type Pipeline } from "./pipeline.ts";
import {
  addRetrievalOptions,
  candidateCountOf,
  nothingStored,
  openToSearch,
  requireRetrievalOptions,
  stagesOf,
  type RetrievalOptions,
} from "./retrieval-options.ts";
import { endSoon, keepOutputFree, paragraph, printAside, shown } from "./terminal.ts";

interface McpCommandOptions extends RetrievalOptions {
  readonly scoreThreshold?: number;
}

export function addMcpCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("mcp")
    .description("let MCP clients search and rerank, over standard input and output")
    .option(
      "--score-threshold <relevance>",
      "omit passages with a relevance below this number from 0 to 1",
      parseShare,
    );
  addRetrievalOptions(command).action((options: McpCommandOptions) =>
    serveMcp(options, signal).finally(endSoon),
  );
}

/**
 * Answers at once, and loads the models meanwhile. A store that does not exist yet is an error of each call, which
 * the person at the client can see and remedy; many clients hide why a process has ended.
 */
async function serveMcp(options: McpCommandOptions, signal: AbortSignal): Promise<void> {
  requireRetrievalOptions(options);
  await requireModels(options.model, [options.reranker]);
  keepOutputFree();
  // Its libraries take 0.2 s to load, which other commands need not wait for.
  const { serveStdio } = await import("../mcp/serve-stdio.ts");
  const { k, model: _model, reranker: model, device, scoreThreshold } = options;
  // Shares the workers of the pipeline's reranker, and needs no store.
  await using scorer = new OnnxCrossEncoder({ model, device, onProgress: progressBars() });
  await using opener = new PipelineOpener(options);
  opener.openAhead();
  void scorer.score("passage", ["passage"]).catch(() => undefined);
  await serveStdio(
    {
      index: async () => (await opener.open()).searchIndex,
      scorer,
      search: {
        ...stagesOf(options),
        k,
        candidateCount: candidateCountOf(options),
        scoreThreshold,
      },
      onFailure: printFailure,
    },
    signal,
  );
}

/** Opens models and store once; after a failure, the next call tries again. */
class PipelineOpener implements AsyncDisposable {
  readonly #options: RetrievalOptions;
  readonly #end = new AbortController();
  #opening: Promise<Pipeline> | undefined;

  constructor(options: RetrievalOptions) {
    this.#options = options;
  }

  open(): Promise<Pipeline> {
    if (this.#opening) return this.#opening;
    const opening = openFilled(this.#options, this.#end.signal);
    this.#opening = opening;
    opening.catch(() => (this.#opening = undefined));
    return opening;
  }

  /** Opens before the first call needs it, and prints why that fails. */
  openAhead(): void {
    this.open().catch((error: unknown) => {
      if (!this.#end.signal.aborted) printFailure(error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error("The client has closed the connection."));
    const pipeline = await this.#opening?.catch(() => undefined);
    await pipeline?.[Symbol.asyncDispose]();
  }
}

/** Opens a store that has passages. The search that finds one also loads the bi-encoder. */
async function openFilled(options: RetrievalOptions, signal: AbortSignal): Promise<Pipeline> {
  const pipeline = await openToSearch(options, signal);
  try {
    const probe = { k: 1, candidateCount: 1, rerank: false, signal };
    const { candidates } = await pipeline.searchIndex.search("passage", probe);
    if (candidates.length === 0) throw await nothingStored(options, pipeline);
    return pipeline;
  } catch (error) {
    await pipeline[Symbol.asyncDispose]();
    throw error;
  }
}

function printFailure(error: unknown): void {
  printAside(shown`error: ${paragraph(inCommandWords(messageOf(error)))}`);
}
