import { describe, requireChoice, requireMethods, RetrievalError } from "../errors.ts";
import { abortSignal, callback, number } from "../option-rules.ts";
import type { OptionRule, OptionRules } from "../options.ts";

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
  /** Called once for each pair that gets a score, in the order in which scores arrive, to show progress. */
  readonly onScored?: ((index: number, score: number) => void) | undefined;
}

export const scoreOptionRules: OptionRules<ScoreOptions> = {
  signal: abortSignal,
  deadlineMs: number(0),
  onScored: callback,
};

/**
 * Why a text has no score: the deadline passed first; the model failed on it; or it is unlikely to enter the
 * result, by the scores of the texts before it.
 */
export type UnscoredReason = "deadline" | "error" | "unlikely";

/** What a scorer says of a list of texts: columns, each in the order of the texts. */
export interface PairScores {
  /** Higher is better; `NaN` where a text has no score. */
  readonly scores: ArrayLike<number> & Iterable<number>;
  /** How many tokens of each pair did not fit the model's window. @defaultValue 0 for each */
  readonly truncatedTokens?: ArrayLike<number> | undefined;
  /** Why a text has no score, by its index. @defaultValue "error" for each without a score */
  readonly unscored?: ReadonlyMap<number, UnscoredReason> | undefined;
}

/** Scores with every column filled in. */
export type CompletePairScores = {
  readonly [Column in keyof PairScores]-?: NonNullable<PairScores[Column]>;
};

/** Scores how well each text answers the query: the port behind every pointwise reranker. */
export interface PairScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  /**
   * One score for each text, in the order of `texts`. A text without a score is no error: the result says why.
   *
   * @throws the signal's reason where it is aborted
   */
  score(query: string, texts: readonly string[], options?: ScoreOptions): Promise<PairScores>;
  /** Frees what the scorer holds; whoever created it calls this. */
  dispose?(): Promise<void>;
}

const scoreScales: readonly ScoreScale[] = ["logit", "probability", "unbounded"];

/** A scorer with a scale that is known: by any other one, scores would become other relevances without a word. */
export const pairScorer: OptionRule = (name, value) => {
  requireMethods(name, value, "a scorer, such as an OnnxCrossEncoder", ["score"]);
  requireChoice(`${name}.scale`, Reflect.get(Object(value), "scale"), scoreScales);
};

/**
 * Has the scorer score the texts, and checks and completes its answer: every text without a finite score
 * has a reason.
 *
 * @throws `model-mismatch` where a column has another number of entries than there are texts, or there are no scores
 */
export async function scoreTexts(
  scorer: PairScorer,
  query: string,
  texts: readonly string[],
  options: ScoreOptions,
): Promise<CompletePairScores> {
  const given = await scorer.score(query, texts, options);
  requireColumn("scores", given?.scores, { scorer, texts, given });
  const scores = Float64Array.from(given.scores);
  const { truncatedTokens = new Uint32Array(texts.length) } = given;
  requireColumn("truncatedTokens", truncatedTokens, { scorer, texts, given });
  const unscored = new Map<number, UnscoredReason>();
  for (const [index, score] of scores.entries()) {
    if (!Number.isFinite(score)) unscored.set(index, given.unscored?.get(index) ?? "error");
  }
  return { scores, truncatedTokens, unscored };
}

/** Refuses a column that is missing or has another number of entries than there are texts. */
function requireColumn(
  name: keyof PairScores,
  column: ArrayLike<number> | undefined,
  {
    scorer,
    texts,
    given,
  }: {
    readonly scorer: PairScorer;
    readonly texts: readonly string[];
    readonly given: unknown;
  },
): void {
  if (column?.length === texts.length) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`{ ${name} }\` with ${texts.length} numbers from ${scorer.name}, got ${column?.length ?? describe(given)}.`,
  );
}
