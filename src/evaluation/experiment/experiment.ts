import { array, boolean, callback, checkedByTaker, required } from "../../option-rules.ts";
import { RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { identityOf } from "../../documents/identity.ts";
import { evaluate } from "../evaluate.ts";
import { type Judgements, judgementsRule } from "../data/judgements.ts";
import type { Measure } from "../measures/measure.ts";
import { type Answers, askOptionRules, type AskOptions, QueryAsker } from "./ask-queries.ts";
import type { ExperimentResult, QueryOutcome, SystemResult } from "./experiment-result.ts";
import type { IdOf } from "./found-documents.ts";
import { hashQueries, judgedQueries, requireMeasures, queriesRule } from "./judged-queries.ts";
import { latencyByStage } from "./latency.ts";
import { OutcomeLog } from "./outcome-log.ts";
import { runOfRankings } from "../data/ranking.ts";
import { readOutcome, writeOutcome } from "./saved-outcome.ts";
import { askSystem, requireSystems, type System } from "./system.ts";

export interface ExperimentOptions extends AskOptions {
  /**
   * Retrievers by name, used as they are: create them so that they return as many documents as the measures
   * need. If you compare latency, their models must not share a cache (`cache: false`), or the second system
   * would reuse the scores of the first.
   */
  readonly systems: Readonly<Record<string, System>>;
  /** Texts by id; only judged queries are asked. */
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
  /** At least one; the first one decides. */
  readonly measures: readonly Measure[];
  /**
   * Returns a document's id in the judgements; of several documents with the same id, the best rank
   * counts. @defaultValue the document's identity, as elsewhere in this package
   */
  readonly idOf?: IdOf | undefined;
  /** Whether a model generated the questions. @defaultValue false */
  readonly isSynthetic?: boolean | undefined;
}

const experimentOptionRules: OptionRules<ExperimentOptions> = {
  ...askOptionRules,
  systems: required(checkedByTaker),
  queries: queriesRule,
  judgements: judgementsRule,
  measures: required(array),
  idOf: callback,
  isSynthetic: boolean,
};

/**
 * Asks each system every judged query and measures the results. A query on which a system fails is added to
 * `failures` and counts 0. Systems are asked one after the other, in their order.
 *
 * @throws RetrievalError `invalid-input` if a judged query has no text, without judgements, systems or
 * measures, and if `resumeFrom` was created for other systems or queries; the signal's reason.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, loadFolder } from "langchain-rerank";
 * import { experiment, judgementsFrom, nDCG } from "langchain-rerank/evaluation";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const { systems } = await experiment({
 *   systems: { bm25: await Bm25Retriever.fromDocuments(documents) },
 *   queries: new Map([["q1", "How does LoRA reduce memory?"]]),
 *   judgements: judgementsFrom({ q1: { "lora_finetuning_guide.md": 1 } }),
 *   measures: [nDCG(10)],
 *   idOf: ({ metadata }) => metadata.source,
 * });
 * console.log(systems[0]?.evaluations[0]?.mean);
 * ```
 */
export async function experiment(given: ExperimentOptions): Promise<ExperimentResult> {
  const {
    systems,
    queries,
    judgements,
    measures,
    idOf = identityOf,
    isSynthetic = false,
    ...options
  } = requireOptions("experiment", given, experimentOptionRules);
  const asked = judgedQueries(queries, judgements);
  requireSystems(systems);
  const names = Object.keys(systems);
  requireMeasures(measures);
  if (names.length === 0) {
    throw new RetrievalError(
      "invalid-input",
      "Expected at least one system in `systems`, got none.",
    );
  }
  const { resumeFrom, signal } = options;
  const head = { kind: "experiment", version: 1, systems: names, queries: hashQueries(asked) };
  const log =
    resumeFrom === undefined
      ? undefined
      : await OutcomeLog.open(resumeFrom, { head, write: writeOutcome, read: readOutcome });
  const results: SystemResult[] = [];
  try {
    const asker = new QueryAsker<QueryOutcome>(asked, { ...options, systems: names, log });
    for (const [name, system] of Object.entries(systems)) {
      const answers = await asker.ask(name, (text) => askSystem(system, text, { idOf, signal }));
      results.push(systemResult(name, answers, { judgements, measures }));
    }
  } finally {
    await log?.close();
  }
  return {
    queries: asked,
    judgements,
    measures: measures.map(({ name }) => name),
    systems: results,
    isSynthetic,
  };
}

function systemResult(
  name: string,
  { outcomes, failures }: Answers<QueryOutcome>,
  {
    judgements,
    measures,
  }: { readonly judgements: Judgements; readonly measures: readonly Measure[] },
): SystemResult {
  const rankings = [...outcomes].map(
    ([query, { documents }]) => [query, documents.map(({ id }) => id)] as const,
  );
  const run = runOfRankings(rankings);
  return {
    name,
    run,
    evaluations: evaluate(measures, { run, judgements }),
    outcomes,
    failures,
    latency: latencyByStage(outcomes.values()),
  };
}
