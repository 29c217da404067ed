import type { Command } from "commander";
import { dtypesFor, chooseProvider } from "../model/device.ts";
import { findInt8Kernels } from "../model/int8-arithmetic.ts";
import { plannedDownload } from "../model/model-files.ts";
import { colors, indexBar, megabytes, printTrace } from "./output.ts";
import {
  addPipelineOptions,
  openPipeline,
  sampleDocuments,
  type PipelineOptions,
} from "./pipeline.ts";

const defaultQuestion = "How does LoRA reduce memory?";

export function addQuickstartCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("quickstart")
    .description("index the guides that come with the package, and answer one question from them")
    .argument("[question]", "what to ask", defaultQuestion);
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
      ignore: ["README.md"],
      prune: true,
      signal,
      onProgress: bar.update,
    })
    .finally(bar.stop);
  console.log(
    `${report.passages} passages of ${report.files} guides in ${pipeline.place}: ` +
      `${report.added} embedded, ${report.unchanged} there already.`,
  );
  const trace = await pipeline.search(question, { signal });
  console.log(`\n${colors.bold(question)}`);
  printTrace(trace);
  console.log(`Models: ${options.model}, then ${options.reranker}\n`);
  console.log("In your own program:");
  console.log(`  const reranker = new CrossEncoderReranker({ model: "${options.reranker}" });`);
  console.log(
    "  const retriever = new ContextualCompressionRetriever({ baseRetriever: store.asRetriever(50), baseCompressor: reranker });",
  );
}

/** Says what will be fetched, and how much, before it begins. */
async function announceDownloads({ model, reranker, device }: PipelineOptions): Promise<void> {
  const dtypes = dtypesFor(await chooseProvider(device), undefined);
  const int8Kernels = await findInt8Kernels();
  for (const name of [model, reranker]) {
    const files = await plannedDownload(name, dtypes, { int8Kernels });
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > 0) console.error(`Downloading ${name}: ${megabytes(bytes)} MB, once.`);
  }
}
