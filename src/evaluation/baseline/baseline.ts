import { createHash } from "node:crypto";
import { record, string } from "../../option-rules.ts";
import { RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import type { Grades } from "../data/judgements.ts";
import { compareIds } from "../data/ranking.ts";
import type { Run } from "../data/run.ts";
import { requireExperiment } from "../diagnosis/diagnosis-case.ts";
import { count } from "../diagnosis/number-words.ts";
import type { Evaluation } from "../evaluate.ts";
import type { ExperimentResult, Latency } from "../experiment/experiment-result.ts";

/** What an experiment does not say about itself. Pass the same when you write a baseline and compare with it. */
export interface BaselineOptions {
  /**
   * Identifies the searched texts, such as a hash of them or a version number. Baselines of other texts are
   * refused. @defaultValue the texts are not compared
   */
  readonly collection?: string | undefined;
  /**
   * Settings by name, such as the model. They may differ from the baseline's; the comparison lists those that do.
   * @defaultValue none
   */
  readonly settings?: Readonly<Record<string, string | number>> | undefined;
}

export const baselineOptionRules: OptionRules<BaselineOptions> = {
  collection: string,
  settings: record,
};

/** The first 16 hex digits of the SHA-256 of a question's text and of its judgements. */
export interface BaselineQuestion {
  readonly text: string;
  readonly judgements: string;
}

/** What a system returned, how well, and how fast. */
export interface BaselineSystem {
  readonly name: string;
  readonly run: Run;
  /** One for each measure, in their order. */
  readonly evaluations: readonly Evaluation[];
  /** Milliseconds per query. */
  readonly latency: Latency;
}

/** The result of an experiment, kept so that later ones can be compared with it. */
export interface Baseline {
  readonly version: 1;
  /** Names of the measures; the first one decides. */
  readonly measures: readonly string[];
  /** Identifies the searched texts, if the writer said so. */
  readonly collection: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /** The judged questions by id. */
  readonly questions: ReadonlyMap<string, BaselineQuestion>;
  readonly systems: readonly BaselineSystem[];
}

/**
 * Makes a baseline of an experiment.
 *
 * @throws RetrievalError `invalid-input` if a question failed, because it would count as 0 from then on.
 */
export function baselineOf(
  experiment: ExperimentResult,
  { collection, settings = {} }: BaselineOptions,
): Baseline {
  requireExperiment(experiment);
  requireAnswers(experiment);
  return {
    version: 1,
    measures: experiment.measures,
    collection,
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, String(value)]),
    ),
    questions: questionsOf(experiment),
    systems: experiment.systems.map(({ name, run, evaluations, latency }) => ({
      name,
      run,
      evaluations,
      latency: latency.get("total") ?? { mean: 0, p50: 0, p95: 0 },
    })),
  };
}

/** The hashes of the judged questions; the order of the judgements of a question does not matter. */
export function questionsOf({
  queries,
  judgements,
}: Pick<ExperimentResult, "queries" | "judgements">): Map<string, BaselineQuestion> {
  return new Map(
    Array.from(queries, ([id, text]) => [
      id,
      { text: hashOf(text), judgements: hashOf(sorted(judgements.get(id) ?? new Map())) },
    ]),
  );
}

/** Throws `invalid-input` if a question failed: the baseline, or the comparison, would take it for a 0. */
function requireAnswers({ systems, queries }: ExperimentResult): void {
  for (const { name, failures } of systems) {
    const [first] = failures;
    if (first === undefined) continue;
    throw new RetrievalError(
      "invalid-input",
      `Expected an answer to each question, but with ${JSON.stringify(name)}, ${failures.size} of ${count(queries.size, "question")} failed, ` +
        `for example ${JSON.stringify(first[0])} (${JSON.stringify(first[1])}): fix the cause and ask again.`,
    );
  }
}

function sorted(grades: Grades): [id: string, grade: number][] {
  return [...grades].toSorted(([a], [b]) => compareIds(a, b));
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
