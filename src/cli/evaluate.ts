import { InvalidArgumentError, Option, type Command } from "commander";
import { RetrievalError, messageOf } from "../errors.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import { parseMeasure } from "../evaluation/measures/parse-measure.ts";
import { noReranker } from "../evaluation/bake-off/collect-bake-off.ts";
import { compareRerankers, parseFirstStages, parsePrices, parseRerankers } from "./bake-off.ts";
import { type EvaluateOptions, measureSystems } from "./measure-systems.ts";
import { addBaselineOptions, requireUsedBaselineOptions } from "./baseline-gate.ts";
import { compareRunFiles } from "./compare-runs.ts";
import {
  firstStageNames,
  parseSystems,
  systemNames,
  type FirstStageName,
} from "./measured-systems.ts";
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
    .option(
      "--candidates <count>",
      "number of candidates to rerank; hybrid search fuses as many of each list, at least 50",
      parseCount,
      50,
    )
    .option(
      "--sweep",
      "compare all depths on candidates that are scored once, and decide whether to rerank",
    )
    .option(
      "--depth <count>",
      "maximum depth of the sweep; it does not change the systems' figures",
      parseCount,
      100,
    )
    .option(
      "--budget <milliseconds>",
      "time limit per query, for its 95th percentile (p95): --sweep decides among settings within it, and the findings say which system exceeds it",
      parseCount,
    )
    .option("--report <file>", "write a report: .html, .md or .json")
    .option("--trec-run <folder>", "write each system's run file for trec_eval")
    .option("--configuration <file>", "with --sweep: write the decision to this file")
    .option(
      "--rerankers <names>",
      `compare rerankers and recommend one: models, folders, rerank servers such as tei:http://localhost:8080 or cohere:rerank-v3.5, ${noReranker}`,
      parseRerankers,
    )
    .addOption(
      new Option("--first-stages <names>", `with --rerankers: ${firstStageNames.join(", ")}`)
        .argParser(parseFirstStages)
        .default([...firstStageNames], firstStageNames.join(",")),
    )
    .option(
      "--price <prices>",
      "with --rerankers: what a query costs with a remote one, such as cohere:rerank-v3.5=0.002",
      parsePrices,
    )
    .option("--compare <run>", "compare two TREC run files instead: evaluate --compare a.run b.run")
    .option("--judgements <file>", "with --compare: the judgements file")
    .option("--format <layout>", "with --compare: layout of the judgements: trec, beir or jsonl");
  addBaselineOptions(command);
  addModelOptions(command).action(async (run: string | undefined, options: AllEvaluateOptions) => {
    requireUsedOptions(run, options, (name) => command.getOptionValueSource(name) === "cli");
    requireUsedBaselineOptions(options);
    const { rerankers, compare, ...others } = options;
    if (rerankers !== undefined) {
      const depth = command.getOptionValueSource("depth") === "cli" ? options.depth : bakeOffDepth;
      return compareRerankers({ ...others, rerankers, depth }, signal);
    }
    if (compare === undefined) return measureSystems(options, signal);
    print(await compareRunFiles([compare, run], options));
  });
}

/** The options of all kinds of evaluation. */
interface AllEvaluateOptions extends EvaluateOptions {
  readonly rerankers?: readonly string[];
  readonly firstStages: readonly FirstStageName[];
  readonly price?: Readonly<Record<string, number>>;
}

/** As many candidates as a search has by default. */
const bakeOffDepth = 50;

/** Refuses options that would have no effect, because nobody would notice the mistake. */
function requireUsedOptions(
  run: string | undefined,
  { compare, rerankers, sweep: isSwept }: AllEvaluateOptions,
  isGiven: (option: string) => boolean,
): void {
  const isBakeOff = rerankers !== undefined;
  const unused = [
    [compare === undefined && run !== undefined, "<run>", "--compare"],
    [compare === undefined && isGiven("judgements"), "--judgements", "--compare"],
    [compare === undefined && isGiven("format"), "--format", "--compare"],
    [isSwept !== true && !isBakeOff && isGiven("depth"), "--depth", "--sweep"],
    [isSwept !== true && !isBakeOff && isGiven("configuration"), "--configuration", "--sweep"],
    [!isBakeOff && isGiven("firstStages"), "--first-stages", "--rerankers"],
    [!isBakeOff && isGiven("price"), "--price", "--rerankers"],
  ] as const;
  for (const [isUnused, given, missing] of unused) {
    if (!isUnused) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected ${given} together with ${missing}, got ${given} alone: add ${missing}, or leave ${given} out.`,
    );
  }
  if (!isBakeOff) return;
  const others = { compare: "--compare", sweep: "--sweep", systems: "--systems" };
  const more = { candidates: "--candidates", reranker: "--reranker", trecRun: "--trec-run" };
  const gate = {
    baseline: "--baseline",
    updateBaseline: "--update-baseline",
    latencyTolerance: "--latency-tolerance",
    summary: "--summary",
  };
  for (const [name, flag] of Object.entries({ ...others, ...more, ...gate })) {
    if (!isGiven(name)) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected --rerankers without ${flag}, got both: leave one of them out.`,
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
