import type { Command } from "commander";
import { sectionOf } from "../documents/identity.ts";
import { loadFolder } from "../documents/load-folder.ts";
import { splitPassages } from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import { searchCommand } from "./next-command.ts";
import { indexBar } from "./output.ts";
import {
  addIndexOptions,
  defaultCollection,
  openPipeline,
  type PipelineOptions,
} from "./pipeline.ts";
import { print, printAside, shown } from "./terminal.ts";

interface IndexOptions extends Omit<PipelineOptions, "reranker"> {
  readonly prune?: boolean;
  readonly ignore?: string[];
  readonly followSymlinks?: boolean;
  readonly encoding?: string;
  readonly sections?: boolean;
}

export function addIndexCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("index")
    .description("split, embed and store the Markdown and text files below a folder")
    .argument("<folder>", "folder to index")
    .option("--prune", "also delete the passages of files that no longer exist")
    .option("--ignore <pattern...>", "files to ignore, as in .gitignore")
    .option("--follow-symlinks", "follow symbolic links, even out of the folder")
    .option("--encoding <name>", 'encoding of files that are not UTF-8, such as "windows-1252"')
    .option("--sections", "list the sections by the names used in judgements, and store nothing");
  addIndexOptions(command, defaultCollection).action((folder: string, options: IndexOptions) =>
    index(folder, options, signal),
  );
}

async function index(folder: string, options: IndexOptions, signal: AbortSignal): Promise<void> {
  if (options.sections === true) return listSections(folder, options, signal);
  if (options.store === "memory") {
    throw new RetrievalError(
      "invalid-option",
      "Expected --store to be a folder or a URL, got memory, which is lost when this command ends: use `npx langchain-rerank search --store memory --documents <folder>`, or leave --store out.",
    );
  }
  await using pipeline = await openPipeline(options);
  const bar = indexBar();
  const { prune, ignore, followSymlinks, encoding } = options;
  const report = await pipeline
    .index(folder, { signal, onProgress: bar.update, prune, ignore, followSymlinks, encoding })
    .finally(bar.stop);
  for (const { source, reason } of report.skipped) printAside(shown`skipped ${source}: ${reason}`);
  const { passages, files, added, unchanged, removed } = report;
  print(
    shown`${passages} passages of ${files} files in ${pipeline.location}: ${added} embedded, ${unchanged} unchanged, ${removed} removed.`,
  );
  const absent = report.staying.filter(({ reason }) => reason === "absent");
  if (absent.length > 0) {
    const staying = absent.reduce((sum, each) => sum + each.passages, 0);
    print(
      shown`Also stored: ${count(staying, "passage")} of ${count(absent.length, "file")} not in ${folder}; --prune deletes them.`,
    );
  }
  for (const { source, passages: staying, reason } of report.staying) {
    if (reason !== "absent")
      print(shown`Kept unchanged: ${count(staying, "passage")} of ${source} (${reason}).`);
  }
  print(shown`Next: ${searchCommand(options)}`);
}

async function listSections(
  folder: string,
  { ignore, followSymlinks, encoding }: IndexOptions,
  signal: AbortSignal,
): Promise<void> {
  const { documents } = await loadFolder(folder, { ignore, followSymlinks, encoding, signal });
  const passages = await splitPassages(documents, { signal });
  const paths = new Map(passages.map((each) => [sectionOf(each), each.metadata["headingPath"]]));
  for (const [name, headingPath] of paths) print(shown`${name}  ${String(headingPath)}`);
}
