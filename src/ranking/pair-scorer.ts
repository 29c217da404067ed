import type { OptionNames } from "../known-options.ts";

/**
 * What a scorer's numbers are: `logit` is any real number whose sigmoid is a probability,
 * `probability` lies in 0..1, `unbounded` only orders.
 */
export type ScoreScale = "logit" | "probability" | "unbounded";

export interface ScoreOptions {
  /** Aborts the call: it rejects with the signal's reason and its pairs leave the queue. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call after which no further pair is started. @defaultValue no limit */
  readonly deadlineMs?: number | undefined;
  /** Called once for each pair that was scored, in the order in which scores arrive. */
  readonly onScored?:
    | ((index: number, score: number, detail: { readonly truncatedTokens: number }) => void)
    | undefined;
}

export const scoreOptionNames: OptionNames<ScoreOptions> = {
  signal: true,
  deadlineMs: true,
  onScored: true,
};

/** Anything that can say how well each text answers the query: the port behind every pointwise reranker. */
export interface PairScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  /**
   * One score for each text, in the order of `texts`; higher is better. `NaN` where `deadlineMs`
   * passed first, or where the model gave no finite number (`onScored` is called for the latter only).
   */
  score(query: string, texts: readonly string[], options?: ScoreOptions): Promise<Float32Array>;
  /** Frees what the scorer holds; whoever created it calls this. */
  dispose?(): Promise<void>;
}
