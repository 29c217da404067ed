import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { RetrievalError, requireText } from "../../errors.ts";
import { requireOptions } from "../../options.ts";
import { runOfRankings, sortEntries } from "../data/ranking.ts";
import { writeText } from "../data/write-text.ts";
import type { Evaluation } from "../evaluate.ts";
import type { ExperimentResult, Latency } from "../experiment/experiment-result.ts";
import { SavedValue } from "../saved-value.ts";
import {
  type Baseline,
  type BaselineOptions,
  baselineOf,
  baselineOptionRules,
  type BaselineQuestion,
  type BaselineSystem,
} from "./baseline.ts";

/**
 * Writes an experiment as the baseline of later ones: measures, values and ranking of every question, and times. One
 * JSON file, with a line for each question and system, so that a version control system shows which ones changed.
 * Written atomically: a reader sees the old file or the new one, never a part of it.
 *
 * @throws RetrievalError `invalid-input` if a question failed or the path cannot be written to; `disk-full`.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, loadFolder } from "langchain-rerank";
 * import { compareToBaseline, experiment, judgementsFrom, nDCG } from "langchain-rerank/evaluation";
 * import { readBaseline, writeBaseline } from "langchain-rerank/evaluation";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const result = await experiment({
 *   systems: { bm25: await Bm25Retriever.fromDocuments(documents) },
 *   queries: new Map([["q1", "How does LoRA reduce memory?"], ["q2", "What is QLoRA?"]]),
 *   judgements: judgementsFrom({
 *     q1: { "lora_finetuning_guide.md": 1 },
 *     q2: { "lora_finetuning_guide.md": 1 },
 *   }),
 *   measures: [nDCG(10)],
 *   idOf: ({ metadata }) => metadata.source,
 * });
 * await writeBaseline("baseline.json", result, { settings: { retriever: "BM25" } });
 *
 * // After a change, with a new result:
 * const comparison = compareToBaseline(await readBaseline("baseline.json"), result);
 * console.log(comparison.verdict);
 * if (comparison.isWorse) process.exitCode = 3;
 * ```
 */
export async function writeBaseline(
  path: string,
  experiment: ExperimentResult,
  options: BaselineOptions = {},
): Promise<void> {
  requireOptions("writeBaseline", options, baselineOptionRules);
  requireComparable(experiment);
  await writeText(path, linesOf(bodyOf(baselineOf(experiment, options))));
}

/** Throws if no later result could be compared with this one. */
function requireComparable({ queries }: ExperimentResult): void {
  if (queries.size >= 2) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected at least 2 judged queries in a baseline, got ${queries.size}: judge more queries.`,
  );
}

/**
 * Reads a baseline. Reformatting the JSON does no harm; a changed value is refused, because the comparison would
 * be with something that was never measured.
 *
 * @throws RetrievalError `invalid-input` if there is no such file, or if it is not a baseline as `writeBaseline`
 * wrote it.
 */
export async function readBaseline(path: string): Promise<Baseline> {
  requireText("path", path);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new RetrievalError(
      "invalid-input",
      `Expected a baseline at ${path}, but the file cannot be read: write it with \`writeBaseline\`, or pass another path.`,
      { cause },
    );
  });
  const wayOut = "write it with `writeBaseline` again";
  const saved = SavedValue.parse(text, { origin: path, wayOut });
  const baseline = baselineFrom(saved);
  if (saved.get("sha256").text() === hashOf(bodyOf(baseline))) return baseline;
  throw new RetrievalError(
    "invalid-input",
    `Expected the values in ${path} to be as they were written, but their checksum differs: restore the file from version control, or ${wayOut}.`,
  );
}

/** The content of the file, in the order that the checksum depends on. */
interface Body {
  readonly version: 1;
  readonly measures: readonly string[];
  readonly collection: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly questions: readonly object[];
  readonly systems: readonly {
    readonly name: string;
    readonly latency: Latency;
    readonly answers: readonly object[];
  }[];
}

function bodyOf({ version, measures, collection, settings, questions, systems }: Baseline): Body {
  return {
    version,
    measures,
    collection,
    settings,
    questions: Array.from(questions, ([id, { text, judgements }]) => ({ id, text, judgements })),
    systems: systems.map(({ name, latency: { mean, p50, p95 }, run, evaluations }) => ({
      name,
      latency: { mean, p50, p95 },
      answers: Array.from(questions.keys(), (id) => ({
        id,
        values: evaluations.map(({ perQuery }) => perQuery.get(id)),
        ranking: sortEntries(run.get(id) ?? []).map((entry) => entry.id),
      })),
    })),
  };
}

function hashOf(body: Body): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}

/** JSON with one line for each question, and for each answer of a system. */
function* linesOf(body: Body): Generator<string> {
  const { questions, systems, ...head } = body;
  yield `{\n"sha256": ${JSON.stringify(hashOf(body))},\n`;
  for (const [name, value] of Object.entries(head)) {
    if (value !== undefined) yield `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`;
  }
  yield `"questions": [\n${jsonLines(questions)}\n],\n"systems": [\n`;
  for (const [index, { name, latency, answers }] of systems.entries()) {
    yield `${index === 0 ? "" : ",\n"}{ "name": ${JSON.stringify(name)}, "latency": ${JSON.stringify(latency)}, "answers": [\n`;
    yield `${jsonLines(answers)}\n] }`;
  }
  yield "\n]\n}\n";
}

function jsonLines(values: readonly object[]): string {
  return values.map((value) => JSON.stringify(value)).join(",\n");
}

function baselineFrom(saved: SavedValue): Baseline {
  const version = saved.get("version").oneOf([1]);
  const measures = saved
    .get("measures")
    .list()
    .map((name) => name.text());
  const questions = new Map(
    saved
      .get("questions")
      .list()
      .map((question): [string, BaselineQuestion] => [
        question.get("id").text(),
        { text: question.get("text").text(), judgements: question.get("judgements").text() },
      ]),
  );
  return {
    version,
    measures,
    collection: saved.get("collection").optional((value) => value.text()),
    settings: saved.get("settings").texts(),
    questions,
    systems: saved
      .get("systems")
      .list()
      .map((system) => systemFrom(system, measures)),
  };
}

function systemFrom(saved: SavedValue, measures: readonly string[]): BaselineSystem {
  const answers = saved
    .get("answers")
    .list()
    .map((answer) => ({
      id: answer.get("id").text(),
      values: measures.map((_name, index) => answer.get("values").get(String(index)).number()),
      ranking: answer
        .get("ranking")
        .list()
        .map((id) => id.text()),
    }));
  const latency = saved.get("latency");
  return {
    name: saved.get("name").text(),
    run: runOfRankings(answers.map(({ id, ranking }) => [id, ranking])),
    evaluations: measures.map((name, index): Evaluation => {
      const perQuery = new Map(answers.map(({ id, values }) => [id, values[index] ?? 0]));
      const sum = [...perQuery.values()].reduce((total, value) => total + value, 0);
      return { name, perQuery, mean: sum / perQuery.size };
    }),
    latency: {
      mean: latency.get("mean").number(0),
      p50: latency.get("p50").number(0),
      p95: latency.get("p95").number(0),
    },
  };
}
