import { describe, messageOf, requireMethods, RetrievalError } from "../errors.ts";
import { abortSignal, callback, choice, number, text } from "../option-rules.ts";
import type { OptionRule, OptionRules } from "../options.ts";
import { checkedReport, type CallReport } from "./model-usage.ts";
import { checkedStages, type ScoringStage } from "./scoring-stage.ts";

/**
 * The scale of a scorer's numbers: `logit` is any real number whose sigmoid is a probability, `probability` is
 * in 0..1, `unbounded` has a meaningful order only.
 */
export type ScoreScale = "logit" | "probability" | "unbounded";

/** Options of one `score` call. */
export interface ScoreOptions {
  /** Aborts the call: the call rejects with the signal's reason and its pairs leave the queue. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call after which no further pair is started, at least 0. @defaultValue no limit */
  readonly deadlineMs?: number | undefined;
  /**
   * What counts as relevant for this query, in words, for scorers with `readsInstruction`; others refuse
   * it. @defaultValue none
   */
  readonly instruction?: string | undefined;
  /** Called once for each pair that gets a score, in the order in which scores arrive. */
  readonly onScored?: ((index: number, score: number) => void) | undefined;
}

/** The rule of an option that would be ignored. */
export const instructionNotRead: OptionRule = (name) => {
  throw new RetrievalError(
    "invalid-option",
    `Expected no \`${name}\`, because this model does not read one: leave it out, or use a chat model, such as a ChatPairScorer.`,
  );
};

/** For scorers that read no instruction. */
export const scoreOptionRules: OptionRules<ScoreOptions> = {
  signal: abortSignal,
  deadlineMs: number(0),
  instruction: instructionNotRead,
  onScored: callback,
};

/** For scorers that read one. */
export const instructedScoreOptionRules: OptionRules<ScoreOptions> = {
  ...scoreOptionRules,
  instruction: text,
};

/**
 * Why a text has no score: the deadline passed; the model failed on it; a limit on calls or tokens is reached; or
 * it is unlikely to enter the result, judging by the scores of earlier texts or of an earlier stage.
 */
export type UnscoredReason = "deadline" | "error" | "budget" | "unlikely";

/** The best of the overlapping windows in which a long text was scored. */
export interface BestWindow {
  /** Offsets in the text, in UTF-16 units; `text.slice(start, end)` alone has the same score. */
  readonly start: number;
  readonly end: number;
  /** How many windows were scored. */
  readonly windows: number;
}

/** The scores of a list of texts, as columns in the order of the texts. */
export interface PairScores extends CallReport {
  /** Higher is better; `NaN` if a text has no score. */
  readonly scores: ArrayLike<number> & Iterable<number>;
  /** How many tokens of each pair were cut to fit the model's window. @defaultValue 0 for each */
  readonly truncatedTokens?: ArrayLike<number> | undefined;
  /** Why a text has no score, by its index. @defaultValue "error" for each text without a score */
  readonly unscored?: ReadonlyMap<number, UnscoredReason> | undefined;
  /**
   * For each text that was scored in windows, by its index, the window whose score it has. @defaultValue every
   * text was scored at once
   */
  readonly windows?: ReadonlyMap<number, BestWindow> | undefined;
  /**
   * The scorer that gave all these scores, if it is another one: a scorer may pass a whole call on, for example
   * if its server is down. @defaultValue the scorer that was called
   */
  readonly scoredBy?: ScorerIdentity | undefined;
  /**
   * If several scorers scored the texts one after the other, what each of them did, in this order. Texts with
   * equal scores, and those without a score, are ordered by the scores of the last stage, then by those of the
   * stage before. @defaultValue one scorer scored the texts
   */
  readonly stages?: readonly ScoringStage[] | undefined;
}

/** What has to be known of a scorer to use its numbers. */
export type ScorerIdentity = Pick<PairScorer, "name" | "scale">;

/** Scores with every column present. */
export type CompletePairScores = {
  readonly [
    Column in Exclude<keyof PairScores, "scoredBy" | "stages" | keyof CallReport>
  ]-?: NonNullable<PairScores[Column]>;
};

/** Checked scores, with the scorer and the stages that gave them, and the report of the call. */
export interface CheckedPairScores extends CompletePairScores, CallReport {
  readonly scoredBy: ScorerIdentity;
  readonly stages: readonly ScoringStage[];
}

/** Scores how well each text answers the query: the interface of pointwise rerankers. */
export interface PairScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  /**
   * `true` if `score` reads `instruction`. If only a loaded model shows it, this may be `true` until then, and
   * `undefined` once `score` has refused an instruction. @defaultValue an instruction is refused
   */
  readonly readsInstruction?: true | undefined;
  /**
   * `true` if each call of `score` has a limit on calls of a model or on tokens; such a scorer is asked once per
   * query, so adaptive depth is refused. @defaultValue no limit
   */
  readonly hasBudget?: true | undefined;
  /**
   * Returns one score for each text, in the order of `texts`. A text without a score is not an error: the
   * result says why it has none.
   *
   * @throws the signal's reason if the signal is aborted
   */
  score(query: string, texts: readonly string[], options?: ScoreOptions): Promise<PairScores>;
  /** Frees the scorer's resources; its creator calls this. */
  dispose?(): Promise<void>;
}

/** A known scale of scores. */
export const scoreScale: OptionRule = choice("logit", "probability", "unbounded");

/**
 * Requires a scorer with a name, which traces show, and a known scale: with an unknown scale, relevance scores
 * would silently be wrong.
 */
export const pairScorer: OptionRule = (name, value) => {
  requireMethods(name, value, "a scorer, such as an OnnxCrossEncoder", ["score"]);
  scorerIdentity(name, value);
};

/** Refuses an instruction that the scorer or reranker would ignore. */
export function requireReader(
  { name, readsInstruction }: Pick<PairScorer, "name" | "readsInstruction">,
  instruction: string | undefined,
): void {
  if (instruction === undefined || readsInstruction === true) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected no \`instruction\`, because ${name} does not read one: leave it out, or use a scorer with \`readsInstruction\`, such as a ChatPairScorer.`,
  );
}

/** Requires a name and a known scale. */
const scorerIdentity: OptionRule = (name, value) => {
  scoreScale(`${name}.scale`, Reflect.get(Object(value), "scale"));
  text(`${name}.name`, Reflect.get(Object(value), "name"));
};

/**
 * Scores the texts, then checks and completes the scorer's result: every text without a finite score gets a
 * reason.
 *
 * @throws `invalid-option` for an instruction that the scorer does not read; `model-mismatch` if there are no
 * scores, a column's length differs from the number of texts, a score is not a number or not on the scale,
 * `unscored` is not a map of reasons, `windows` is not a map of windows within the texts, `scoredBy` has no name or
 * scale, or `stages` is not a list of stages
 */
export async function scoreTexts(
  scorer: PairScorer,
  query: string,
  texts: readonly string[],
  options: ScoreOptions,
): Promise<CheckedPairScores> {
  requireReader(scorer, options.instruction);
  const given = await scorer.score(query, texts, options);
  requireColumn("scores", given?.scores, { scorer, texts, given });
  const scoredBy = checkedIdentity(scorer, given.scoredBy);
  const scores = Float64Array.from(given.scores, (score, index) =>
    checkedScore(scoredBy, score, index),
  );
  const { truncatedTokens = new Uint32Array(texts.length) } = given;
  requireColumn("truncatedTokens", truncatedTokens, { scorer, texts, given });
  const reasons = checkedReasons(scorer, given.unscored);
  const unscored = new Map<number, UnscoredReason>();
  for (const [index, score] of scores.entries()) {
    if (!Number.isFinite(score)) unscored.set(index, reasons?.get(index) ?? "error");
  }
  const windows = checkedWindows(scorer, texts, given.windows);
  const stages = checkedStages(scorer.name, texts, given.stages);
  const report = checkedReport(scorer.name, given);
  return { scores, truncatedTokens, unscored, windows, scoredBy, stages, ...report };
}

function checkedIdentity(scorer: PairScorer, scoredBy: ScorerIdentity | undefined): ScorerIdentity {
  const { name, scale } = scoredBy ?? scorer;
  if (scoredBy === undefined) return { name, scale };
  try {
    scorerIdentity("scoredBy", scoredBy);
  } catch (error) {
    throw new RetrievalError("model-mismatch", `${scorer.name}: ${messageOf(error)}`);
  }
  return { name, scale };
}

/** JSON has no `NaN`: a `null` from a server would otherwise count as a score of 0. */
function checkedScore(scorer: ScorerIdentity, score: unknown, index: number): number {
  const isProbability = scorer.scale === "probability";
  if (typeof score === "number" && !(isProbability && (score < 0 || score > 1))) return score;
  const expected = isProbability ? "a number from 0 to 1" : "a number";
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`scores[${index}]\` of ${scorer.name} to be ${expected}, or NaN if the text has no score, got ${describe(score)}.`,
  );
}

const unscoredReasons: ReadonlySet<unknown> = new Set<UnscoredReason>([
  "deadline",
  "error",
  "budget",
  "unlikely",
]);

function checkedReasons(
  scorer: PairScorer,
  reasons: PairScores["unscored"],
): PairScores["unscored"] {
  const isValid =
    reasons === undefined ||
    (reasons instanceof Map && [...reasons.values()].every((each) => unscoredReasons.has(each)));
  if (isValid) return reasons;
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`unscored\` of ${scorer.name} to be a Map from index to "deadline", "error", "budget" or "unlikely", got ${reasons instanceof Map ? "another reason" : describe(reasons)}.`,
  );
}

function checkedWindows(
  scorer: PairScorer,
  texts: readonly string[],
  windows: PairScores["windows"] = new Map(),
): ReadonlyMap<number, BestWindow> {
  const isValid =
    windows instanceof Map &&
    [...windows].every(([index, window]) => isWindowOf(texts[index]?.length, window));
  if (isValid) return windows;
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`windows\` of ${scorer.name} to be a Map from index to { start, end, windows } within the text, got ${windows instanceof Map ? "another window" : describe(windows)}.`,
  );
}

function isWindowOf(length: number | undefined, window: BestWindow | undefined): boolean {
  const { start = -1, end = -1, windows = 0 } = window ?? {};
  if (length === undefined || ![start, end, windows].every(Number.isInteger)) return false;
  return start >= 0 && start < end && end <= length && windows >= 1;
}

/** Throws `model-mismatch` if a column is missing or its length differs from the number of texts. */
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
