/** A document that a system found, with its score: higher is better. */
export interface RunEntry {
  readonly id: string;
  readonly score: number;
}

/**
 * What a system found: for each query id its documents, each once. Scores give the order, not positions; ties
 * are ordered by descending id, as in trec_eval.
 */
export type Run = ReadonlyMap<string, readonly RunEntry[]>;
