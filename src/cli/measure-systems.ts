import { dirname, join } from "node:path";
import { RetrievalError } from "../errors.ts";
import type { JudgementsFormat } from "../evaluation/data/judgements-file.ts";
import { writeRun } from "../evaluation/data/run-file.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import { diagnose } from "../evaluation/diagnosis/diagnose.ts";
import type { Finding } from "../evaluation/diagnosis/finding.ts";
import { experiment } from "../evaluation/experiment/experiment.ts";
import type { ExperimentResult } from "../evaluation/experiment/experiment-result.ts";
import { chooseConfiguration } from "../evaluation/gate/choose-configuration.ts";
import type { Configuration } from "../evaluation/gate/configuration.ts";
import { writeConfiguration } from "../evaluation/gate/saved-configuration.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import { collectPools } from "../evaluation/sweep/collect-pools.ts";
import { sweep } from "../evaluation/sweep/sweep.ts";
import type { SweepResult } from "../evaluation/sweep/sweep-result.ts";
import { type BaselineGateOptions, openBaselineGate } from "./baseline-gate.ts";
import { commandLine, machineWords } from "./output.ts";
import { inCommandWords, withWords } from "./command-words.ts";
import {
  experimentTable,
  failureLines,
  findingLines,
  questionBar,
  questionsFailed,
  sweepBars,
} from "./evaluation-output.ts";
import { keepAnswers } from "./kept-answers.ts";
import {
  loadJudgedCollection,
  warnOfUnknownIds,
  type JudgedCollection,
} from "./judged-collection.ts";
import {
  firstStageOf,
  rerankedSystem,
  openMeasuredSystems,
  type MeasuredSystems,
  type SystemName,
} from "./measured-systems.ts";
import { rerankerWords, type PipelineOptions } from "./pipeline.ts";
import { makeOutputFolder } from "./output-folder.ts";
import { reportFormatOf, writeReport } from "./report-file.ts";
import { print, printAside, shown } from "./terminal.ts";

/** Options of the command `evaluate`. */
export interface EvaluateOptions
  extends Pick<PipelineOptions, "model" | "reranker" | "device">, BaselineGateOptions {
  readonly data: string;
  readonly systems: readonly SystemName[];
  readonly measures: readonly Measure[];
  readonly candidates: number;
  readonly depth: number;
  readonly sweep?: boolean;
  readonly budget?: number;
  readonly report?: string;
  readonly trecRun?: string;
  readonly configuration?: string;
  readonly compare?: string;
  readonly judgements?: string;
  readonly format?: JudgementsFormat;
}

/** The standard deviation of a difference needs two values. */
const fewestToCompare = 2;
/** Asks every system, writes the requested files, and throws if some questions failed. */
export async function measureSystems(options: EvaluateOptions, signal: AbortSignal): Promise<void> {
  const { measures, candidates, systems: names } = options;
  const format = options.report === undefined ? undefined : reportFormatOf(options.report);
  const collection = await withWords({ folder: "--data" }, () =>
    loadJudgedCollection(options.data),
  );
  warnOfUnknownIds(collection);
  refuseTooFew(collection, options);
  const { model, reranker, device } = options;
  const gate = await openBaselineGate(options, {
    collection,
    systems: names,
    measures,
    settings: { model, reranker, device, candidates, machine: machineWords() },
  });
  const depth = Math.max(candidates, options.sweep === true ? options.depth : 0);
  await using measured = await openMeasuredSystems(collection.passages, options, {
    candidates,
    depth,
    names,
    signal,
  });
  const settings = [...names, candidates, model, reranker, device];
  const kept = await keepAnswers(collection, { settings, depth: options.depth });
  const bar = questionBar();
  const { queries, judgements, idOf } = collection;
  const result = await experiment({
    queries,
    judgements,
    idOf,
    systems: measured.systems(names, candidates),
    measures,
    signal,
    resumeFrom: kept.answers,
    onProgress: bar.update,
  }).finally(bar.stop);
  print(experimentTable(result));
  const resumeFrom = kept.pools;
  const swept = await sweepOf(collection, measured, { options, signal, resumeFrom });
  if (swept.sweep) print(shown`\n${sweepBars(swept.sweep)}`);
  const findings = findingsOf(result, { sweep: swept.sweep, collection, options });
  print(shown`\n${findingLines(findings)}`);
  if (options.trecRun !== undefined) await writeRuns(result, options.trecRun);
  if (options.report !== undefined && format) {
    const input = {
      ...pairOf(names),
      experiment: result,
      ...swept,
      findings,
      title: `Reranking on ${collection.name}`,
      command: commandLine(),
      machine: machineWords(),
    };
    await writeReport(options.report, input, format);
  }
  // The passages are embedded, so an error about a model is about the reranker.
  const failures = inCommandWords(failureLines(result, swept.sweep), rerankerWords);
  if (failures === "") {
    await gate?.judge(result);
    return kept.drop();
  }
  throw questionsFailed(failures);
}

/** Scores the deepest pool of each question once, and lets the gate decide from it. */
async function sweepOf(
  { queries, judgements, idOf }: JudgedCollection,
  measured: MeasuredSystems,
  {
    options,
    signal,
    resumeFrom,
  }: {
    readonly options: EvaluateOptions;
    readonly signal: AbortSignal;
    readonly resumeFrom: string;
  },
): Promise<{ readonly sweep?: SweepResult; readonly configuration?: Configuration }> {
  if (options.sweep !== true) return {};
  const { depth, measures } = options;
  const name = rerankedSystem(options.systems);
  const bar = questionBar();
  const pools = await collectPools({
    retriever: measured.reranking(name, depth),
    queries,
    depth,
    idOf,
    signal,
    resumeFrom,
    onProgress: bar.update,
  }).finally(bar.stop);
  const candidateCounts = [...[10, 20, 30, 50, 75, 100].filter((each) => each < depth), depth];
  const judged = { pools, judgements, measures, candidateCounts };
  if (pools.failures.size > 0) {
    print(shown`\n${name}: no decision, because some questions failed.`);
    return { sweep: sweep(judged) };
  }
  const configuration = chooseConfiguration({ ...judged, maxLatencyMs: options.budget });
  await decide(name, configuration, options);
  return { sweep: sweep(judged), configuration };
}

async function decide(
  name: SystemName,
  configuration: Configuration,
  { configuration: path }: EvaluateOptions,
): Promise<void> {
  print(shown`\n${name}: ${configuration.reason}`);
  if (path === undefined) return;
  await makeOutputFolder(dirname(path));
  await withWords({ path: "--configuration" }, () => writeConfiguration(path, configuration));
  print(shown`Wrote the decision to ${path}; load it with TwoStageRetriever.fromConfiguration.`);
}

/** The findings, if both systems of the pair were asked. */
function findingsOf(
  result: ExperimentResult,
  {
    sweep: swept,
    collection: { kinds },
    options: { budget, systems },
  }: {
    readonly sweep: SweepResult | undefined;
    readonly collection: JudgedCollection;
    readonly options: EvaluateOptions;
  },
): readonly Finding[] {
  const pair = pairOf(systems);
  if (!pair || result.queries.size < fewestToCompare) return [];
  return diagnose(result, { ...pair, sweep: swept, kinds, latencyBudgetMs: budget });
}

/** The two systems for findings, report and gate: the last reranked system and its own first stage. */
function pairOf(
  names: readonly SystemName[],
): { readonly baseline: SystemName; readonly challenger: SystemName } | undefined {
  const challenger = rerankedSystem(names);
  const baseline = firstStageOf(challenger);
  const areMeasured = names.includes(challenger) && names.includes(baseline);
  return areMeasured ? { baseline, challenger } : undefined;
}

async function writeRuns({ systems }: ExperimentResult, folder: string): Promise<void> {
  await makeOutputFolder(folder);
  for (const { name, run } of systems) {
    await writeRun(join(folder, `${name}.run`), run, { format: "trec", tag: name });
  }
  print(shown`\nWrote the runs of ${count(systems.length, "system")} to ${folder}.`);
}

/** A report needs more questions to compare systems; checked before any question is asked. */
function refuseTooFew({ queries }: JudgedCollection, { report, data }: EvaluateOptions): void {
  if (queries.size >= fewestToCompare) return;
  const message = `Expected at least ${fewestToCompare} judged questions in ${data} to compare systems, got ${queries.size}: judge more`;
  if (report === undefined) return printAside(shown`${message}.`);
  throw new RetrievalError("invalid-input", `${message}, or leave --report out.`);
}
