import { InvalidArgumentError, Option, type Command } from "commander";
import { RetrievalError, messageOf } from "../errors.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import { parseMeasure } from "../evaluation/measures/parse-measure.ts";
import { type EvaluateOptions, measureSystems } from "./measure-systems.ts";
import { compareRunFiles } from "./compare-runs.ts";
import { parseSystems, systemNames } from "./measured-systems.ts";
import { addModelOptions, parseCount } from "./pipeline.ts";
import { print } from "./terminal.ts";

const defaultMeasures = "nDCG@10,RR@10,R@5";
const defaultSystems = "dense,bm25,hybrid,rerank,hybrid+rerank";

export function addEvaluateCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("evaluate")
    .description("measure whether reranking helps on judged questions, and find the best depth")
    .argument("[run]", "with --compare: the second run file")
    .option(
      "--data <folder>",
      "sample_documents, a folder in BEIR format, or documents with queries.jsonl and qrels.tsv",
      "sample_documents",
    )
    .addOption(
      new Option("--systems <names>", `systems to measure: ${systemNames.join(", ")}`)
        .argParser(parseSystems)
        .default(parseSystems(defaultSystems), defaultSystems),
    )
    .addOption(
      new Option("--measures <names>", "measures to compute; the first one decides")
        .argParser(parseMeasures)
        .default(parseMeasures(defaultMeasures), defaultMeasures),
    )
    .option("--candidates <count>", "number of candidates to rerank", parseCount, 50)
    .option(
      "--sweep",
      "compare all depths on candidates that are scored once, and decide whether to rerank",
    )
    .option("--depth <count>", "maximum depth of the sweep", parseCount, 100)
    .option(
      "--budget <milliseconds>",
      "time limit per query: the decision of --sweep compares the mean with it, the findings compare the 95th percentile (p95)",
      parseCount,
    )
    .option("--report <file>", "write a report: .html, .md or .json")
    .option("--trec-run <folder>", "write each system's run file for trec_eval")
    .option("--configuration <file>", "with --sweep: write the decision to this file")
    .option("--compare <run>", "compare two TREC run files instead: evaluate --compare a.run b.run")
    .option("--judgements <file>", "with --compare: the judgements file")
    .option("--format <layout>", "with --compare: layout of the judgements: trec, beir or jsonl");
  addModelOptions(command).action(async (run: string | undefined, options: EvaluateOptions) => {
    requireUsedOptions(run, options, command.getOptionValueSource("depth"));
    if (options.compare === undefined) return measureSystems(options, signal);
    print(await compareRunFiles([options.compare, run], options));
  });
}

/** Refuses options that would have no effect, because nobody would notice the mistake. */
function requireUsedOptions(
  run: string | undefined,
  { compare, judgements, format, configuration, sweep: isSwept }: EvaluateOptions,
  depthFrom: string | undefined,
): void {
  const unused = [
    [compare === undefined && run !== undefined, "<run>", "--compare"],
    [compare === undefined && judgements !== undefined, "--judgements", "--compare"],
    [compare === undefined && format !== undefined, "--format", "--compare"],
    [isSwept !== true && depthFrom === "cli", "--depth", "--sweep"],
    [isSwept !== true && configuration !== undefined, "--configuration", "--sweep"],
  ] as const;
  for (const [isUnused, given, missing] of unused) {
    if (!isUnused) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected ${given} together with ${missing}, got ${given} alone: add ${missing}, or leave ${given} out.`,
    );
  }
}

function parseMeasures(text: string): Measure[] {
  try {
    return text.split(",").map((name) => parseMeasure(name.trim()));
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
