import { appendFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { contentId, hashId } from "../documents/identity.ts";
import { RetrievalError } from "../errors.ts";
import { questionsOf } from "../evaluation/baseline/baseline.ts";
import type { BaselineComparison } from "../evaluation/baseline/baseline-comparison.ts";
import { baselineSummary } from "../evaluation/baseline/baseline-summary.ts";
import { changeTable, settingsTable } from "../evaluation/baseline/baseline-tables.ts";
import { detectionWords, tooFewQuestionsWords } from "../evaluation/baseline/baseline-words.ts";
import { compareToBaseline } from "../evaluation/baseline/compare-to-baseline.ts";
import { requireComparable } from "../evaluation/baseline/require-comparable.ts";
import { readBaseline, writeBaseline } from "../evaluation/baseline/saved-baseline.ts";
import { writeText } from "../evaluation/data/write-text.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import { judgedQueries } from "../evaluation/experiment/judged-queries.ts";
import type { ExperimentResult } from "../evaluation/experiment/experiment-result.ts";
import type { Measure } from "../evaluation/measures/measure.ts";
import type { PlainTable } from "../evaluation/report/plain-table.ts";
import { fileFailure } from "../write-failure.ts";
import { type CommandWords, withWords } from "./command-words.ts";
import type { JudgedCollection } from "./judged-collection.ts";
import { makeOutputFolder } from "./output-folder.ts";
import { lines, print, printAside, red, shown, type Shown, tableOf } from "./terminal.ts";

/** Options of `evaluate` for the comparison with an earlier result. */
export interface BaselineGateOptions {
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly latencyTolerance?: number;
  readonly summary?: string;
}

/** The exit code of an evaluation that is worse than its baseline. */
const worseExitCode = 3;

export function addBaselineOptions(command: Command): Command {
  return command
    .option(
      "--baseline <file>",
      "compare each system with this earlier result; exit code 3 if quality fell significantly",
    )
    .option("--update-baseline", "with --baseline: write this result to the file instead")
    .option(
      "--latency-tolerance <percent>",
      "with --baseline: exit code 3 also if the p95 of the time per query rose by more than this, such as 25%; off by default, because machines differ",
      parsePercent,
    )
    .option(
      "--summary <file>",
      "with --baseline: write the comparison as Markdown; replaces the file, but appends to $GITHUB_STEP_SUMMARY",
    );
}

/** A share of 1, from a percentage with or without its sign. */
function parsePercent(text: string): number {
  const [, figure] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim()) ?? [];
  if (figure !== undefined) return Number(figure) / 100;
  throw new InvalidArgumentError(`Expected a percentage such as 25%, got ${text}.`);
}

/** Refuses options that would have no effect. */
export function requireUsedBaselineOptions({
  baseline,
  updateBaseline: isUpdate,
  latencyTolerance,
  summary,
  compare,
}: BaselineGateOptions & { readonly compare?: string }): void {
  const given = {
    "--update-baseline": isUpdate === true,
    "--latency-tolerance": latencyTolerance !== undefined,
    "--summary": summary !== undefined,
  };
  const [unused] =
    Object.entries(given).find(([, isGiven]) => isGiven && baseline === undefined) ?? [];
  if (unused !== undefined) {
    throw new RetrievalError(
      "invalid-option",
      `Expected ${unused} together with --baseline, got ${unused} alone: add --baseline, or leave ${unused} out.`,
    );
  }
  const compared = [
    ["--baseline", "--compare", baseline !== undefined && compare !== undefined],
    ["--summary", "--update-baseline", isUpdate === true && summary !== undefined],
    [
      "--latency-tolerance",
      "--update-baseline",
      isUpdate === true && latencyTolerance !== undefined,
    ],
  ] as const;
  for (const [one, other, areGiven] of compared) {
    if (!areGiven) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected ${one} without ${other}, got both: leave one of them out.`,
    );
  }
}

/** Compares a result with the baseline, or writes it as the new baseline. */
export interface BaselineGate {
  /** Prints the comparison, writes the summary, and sets the exit code. */
  judge(result: ExperimentResult): Promise<void>;
}

interface Measuring {
  readonly collection: JudgedCollection;
  readonly systems: readonly string[];
  readonly measures: readonly Measure[];
  readonly settings: Readonly<Record<string, string | number>>;
}

/**
 * Reads the baseline, and refuses one made with other texts, questions, judgements, measures or
 * systems before any question is asked; `undefined` without `--baseline`.
 */
export async function openBaselineGate(
  { baseline: path, updateBaseline, latencyTolerance, summary }: BaselineGateOptions,
  { collection, systems, measures, settings }: Measuring,
): Promise<BaselineGate | undefined> {
  if (path === undefined) return undefined;
  const about = { collection: collectionWords(collection), settings };
  if (updateBaseline === true) {
    return {
      async judge(result) {
        await makeOutputFolder(dirname(path));
        await withWords({ path: "--baseline" }, () => writeBaseline(path, result, about));
        print(shown`\nWrote the baseline of ${count(result.systems.length, "system")} to ${path}.`);
        const tooFew = tooFewQuestionsWords(result);
        if (tooFew !== undefined) printAside(shown`${tooFew}`);
      },
    };
  }
  const baseline = await withWords(baselineWords, () => readBaseline(path));
  const { queries, judgements } = collection;
  await withWords(baselineWords, () =>
    requireComparable(baseline, {
      measures: measures.map(({ name }) => name),
      collection: about.collection,
      questions: questionsOf({ queries: judgedQueries(queries, judgements), judgements }),
      systems,
    }),
  );
  return {
    async judge(result) {
      const comparison = await withWords(baselineWords, () =>
        compareToBaseline(baseline, result, { ...about, latencyTolerance }),
      );
      print(shown`\n${comparisonLines(comparison)}`);
      if (summary !== undefined) await writeSummary(summary, baselineSummary(comparison));
      if (!comparison.isWorse) return;
      printAside(shown`${red("error")}: ${comparison.verdict}`);
      process.exitCode = worseExitCode;
    },
  };
}

const baselineWords: CommandWords = { writeBaseline: "--update-baseline", path: "--baseline" };

/** The texts in words: their number and hash, whatever their order. */
function collectionWords({ passages, idOf }: JudgedCollection): string {
  const ids = passages.map((passage) => contentId(passage.pageContent, idOf(passage)));
  return `${count(passages.length, "passage")} with the hash ${hashId(ids.toSorted()).slice(0, 12)}`;
}

function comparisonLines(comparison: BaselineComparison): Shown {
  const { verdict, changedSettings, newSystems } = comparison;
  return lines([
    terminalTable(changeTable(comparison)),
    ...detectionWords(comparison).map((words) => shown`${words}`),
    ...(changedSettings.length === 0 ? [] : [terminalTable(settingsTable(comparison))]),
    ...(newSystems.length === 0
      ? []
      : [shown`Not in the baseline, so not compared: ${newSystems.join(", ")}.`]),
    shown`${verdict}`,
  ]);
}

function terminalTable({ columns, rows }: PlainTable): Shown {
  return tableOf(
    columns.map(({ name }) => name),
    rows,
  );
}

/** The summary of a step in GitHub Actions collects what several commands append. */
async function writeSummary(path: string, text: string): Promise<void> {
  const collected = process.env["GITHUB_STEP_SUMMARY"];
  await makeOutputFolder(dirname(path));
  if (collected !== undefined && resolve(collected) === resolve(path)) {
    await appendFile(path, `${text}\n`).catch((cause: unknown) => {
      throw fileFailure(cause, path);
    });
  } else {
    await withWords({ path: "--summary" }, () => writeText(path, [text]));
  }
  print(shown`\nWrote the summary to ${path}.`);
}
