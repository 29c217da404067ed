import type { Command } from "commander";
import { requireText, RetrievalError } from "../errors.ts";
import { traceJson } from "../retrieval/trace-json.ts";
import { timesOf } from "../retrieval/trace-words.ts";
import { printableJson } from "../text/printable.ts";
import {
  comparisonLegend,
  comparisonTable,
  nothingRelevant,
  printTexts,
  printTrace,
} from "./output.ts";
import { parseShare } from "./pipeline.ts";
import {
  addRetrievalOptions,
  candidateCountOf,
  nothingStored,
  openToSearch,
  stagesOf,
  type RetrievalOptions,
} from "./retrieval-options.ts";
import { print, Shown, shown } from "./terminal.ts";

interface SearchCommandOptions extends RetrievalOptions {
  readonly rerank: boolean;
  readonly compare?: boolean;
  readonly text?: boolean;
  readonly scoreThreshold?: number;
  readonly json?: boolean;
}

export function addSearchCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("search")
    .description("find the passages that answer a question")
    .argument("<question>", "question to search for")
    .option("--no-rerank", "return the first-stage ranking without reranking")
    .option("--compare", "show the order without and with reranking side by side")
    .option("--text", "also print the full text of the passages")
    .option(
      "--score-threshold <relevance>",
      "omit passages with a relevance below this number from 0 to 1",
      parseShare,
    )
    .option("--json", "print the result as JSON");
  addRetrievalOptions(command).action((question: string, options: SearchCommandOptions) => {
    const isRerankerNamed = command.getOptionValueSource("reranker") === "cli";
    requireCompatible(options, isRerankerNamed);
    return search(question, options, signal);
  });
}

async function search(
  question: string,
  options: SearchCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  requireText("question", question);
  const { k, rerank, compare, json, text, scoreThreshold } = options;
  const candidateCount = candidateCountOf(options);
  await using pipeline = await openToSearch(options, signal);
  const trace = await pipeline.search(
    question,
    { k, candidateCount, rerank, signal },
    { ...stagesOf(options), scoreThreshold },
  );
  if (json === true) return print(new Shown(printableJson(traceJson(trace))));
  if (trace.candidates.length === 0) throw await nothingStored(options, pipeline);
  if (trace.documents.length === 0) return print(nothingRelevant);
  if (compare === true) {
    print(shown`${comparisonTable(trace)}\n${timesOf(trace)}\n${comparisonLegend}`);
  } else printTrace(trace);
  if (text === true) printTexts(trace);
}

/** Refuses two options of which only one could have an effect. */
function requireCompatible(
  { rerank, compare, json, text, blend, scoreThreshold }: SearchCommandOptions,
  isRerankerNamed: boolean,
): void {
  const pairs = [
    ["--compare", compare === true, "--no-rerank", !rerank],
    ["--blend", blend !== undefined, "--no-rerank", !rerank],
    ["--score-threshold", scoreThreshold !== undefined, "--no-rerank", !rerank],
    ["--reranker", isRerankerNamed, "--no-rerank", !rerank],
    ["--compare", compare === true, "--json", json === true],
    ["--text", text === true, "--json", json === true],
  ] as const;
  for (const [first, isFirst, second, isSecond] of pairs) {
    if (!isFirst || !isSecond) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected only one of ${first} and ${second}, got both: leave one out.`,
    );
  }
}
