import type { Run, RunEntry } from "../data/run.ts";
import { evaluate, type Evaluation } from "../evaluate.ts";
import type { Measure } from "../measures/measure.ts";
import { parseMeasure } from "../measures/parse-measure.ts";
import type { DiagnosisCase } from "./diagnosis-case.ts";

/** The documents that the reranker could choose from. */
export interface CandidatePool {
  /** Documents by query, for the queries that did not fail. */
  readonly documents: ReadonlyMap<string, ReadonlySet<string>>;
  /** Maximum number of documents of a query. */
  readonly depth: number;
}

/**
 * The candidates of every query that did not fail: those of the sweep's first stage, or else all documents that
 * either system returned. If the challenger returns only a few of its candidates, the others come from the
 * baseline.
 */
export function candidatePool({ sweep, baseline, challenger }: DiagnosisCase): CandidatePool {
  const documents = new Map<string, Set<string>>();
  const runs = sweep ? [sweep.firstStage.run] : [challenger.run, baseline.run];
  for (const run of runs) {
    for (const [query, entries] of run) {
      if (challenger.failures.has(query) || baseline.failures.has(query)) continue;
      const pool = documents.get(query) ?? new Set();
      for (const { id } of entries) pool.add(id);
      documents.set(query, pool);
    }
  }
  const depth = Math.max(0, ...[...documents.values()].map((pool) => pool.size));
  return { documents, depth };
}

/**
 * The mean share of relevant documents that are in the pool, over the pool's queries; `undefined` if no
 * document is relevant.
 */
export function poolRecall(
  { documents }: CandidatePool,
  { experiment }: DiagnosisCase,
): number | undefined {
  const shares: number[] = [];
  for (const [query, pool] of documents) {
    const grades = experiment.judgements.get(query) ?? new Map<string, number>();
    const relevant = [...grades].filter(([, grade]) => grade >= 1).map(([id]) => id);
    if (relevant.length === 0) continue;
    shares.push(relevant.filter((id) => pool.has(id)).length / relevant.length);
  }
  if (shares.length === 0) return undefined;
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/**
 * The deciding measure with the pool in the best order that the judgements allow: taken from the sweep, or else
 * computed if the measure is one of this package's; otherwise `undefined`.
 */
export function oracleOf(pool: CandidatePool, diagnosis: DiagnosisCase): Evaluation | undefined {
  const { sweep, before, experiment } = diagnosis;
  if (sweep && sweep.oracle.name === before.name) return sweep.oracle;
  const measure = knownMeasure(before.name);
  const run = bestOrder(pool, diagnosis);
  return measure && evaluate(measure, { run, judgements: experiment.judgements });
}

function bestOrder({ documents }: CandidatePool, { experiment }: DiagnosisCase): Run {
  const run = new Map<string, readonly RunEntry[]>();
  for (const [query, pool] of documents) {
    const grades = experiment.judgements.get(query);
    run.set(
      query,
      [...pool].map((id) => ({ id, score: grades?.get(id) ?? 0 })),
    );
  }
  return run;
}

/** An experiment knows only the names of its measures, which may be the caller's own. */
function knownMeasure(name: string): Measure | undefined {
  try {
    return parseMeasure(name);
  } catch {
    return undefined;
  }
}
