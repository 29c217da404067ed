import type { Command } from "commander";
import { dtypesFor, chooseProvider } from "../model/workers/device.ts";
import { findInt8Kernels } from "../model/workers/int8-arithmetic.ts";
import { plannedDownload } from "../model/files/model-files.ts";
import { withWords } from "./command-words.ts";
import { searchCommand } from "./next-command.ts";
import { indexBar, megabytes, printTrace } from "./output.ts";
import {
  addPipelineOptions,
  openPipeline,
  rerankerWords,
  sampleDocuments,
  type PipelineOptions,
} from "./pipeline.ts";
import { bold, print, printAside, shown } from "./terminal.ts";

const defaultQuestion = "How does LoRA reduce memory?";

export function addQuickstartCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("quickstart")
    .description("index the sample guides of this package, and search them for one question")
    .argument("[question]", "question to search for", defaultQuestion);
  addPipelineOptions(command, "sample_documents").action(
    (question: string, options: PipelineOptions) => quickstart(question, options, signal),
  );
}

async function quickstart(
  question: string,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  await announceDownloads(options);
  await using pipeline = await openPipeline(options);
  const bar = indexBar();
  const report = await pipeline
    .index(sampleDocuments, {
      prune: true,
      signal,
      onProgress: bar.update,
    })
    .finally(bar.stop);
  const { passages, files, added, unchanged } = report;
  print(
    shown`${passages} passages of ${files} guides in ${pipeline.location}: ${added} embedded, ${unchanged} unchanged.`,
  );
  const trace = await pipeline.search(question, { signal });
  print(shown`\n${bold(question)}`);
  printTrace(trace);
  print(shown`Models: ${options.model}, then ${options.reranker}\n`);
  print(shown`Next: ${searchCommand(options)}`);
  print(shown`In your own program:`);
  print(shown`  const reranker = new CrossEncoderReranker({ model: "${options.reranker}" });`);
  print(
    shown`  const retriever = new ContextualCompressionRetriever({ baseRetriever: store.asRetriever(50), baseCompressor: reranker });`,
  );
}

/** Announces the downloads and their size. */
async function announceDownloads({ model, reranker, device }: PipelineOptions): Promise<void> {
  const dtypes = dtypesFor(await chooseProvider(device), undefined);
  const int8Kernels = await findInt8Kernels();
  const models = [
    [model, {}],
    [reranker, rerankerWords],
  ] as const;
  for (const [name, words] of models) {
    const files = await withWords(words, () => plannedDownload(name, dtypes, { int8Kernels }));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > 0) printAside(shown`Downloading ${name}: ${megabytes(bytes)} MB, once.`);
  }
}
