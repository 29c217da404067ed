import { describe, kindOf, RetrievalError } from "../errors.ts";

/** What one scorer did, if several score the texts one after the other. */
export interface ScoringStage {
  /** Name of the scorer that gave the scores. */
  readonly name: string;
  /** In the order of all texts, on the scorer's own scale; `NaN` if a text has no score of this scorer. */
  readonly scores: ArrayLike<number> & Iterable<number>;
  /** How many texts were passed to the scorer; 0 if no time was left for it. */
  readonly texts: number;
  readonly milliseconds: number;
}

/**
 * The stages in a scorer's result; none if it has no stages.
 *
 * @throws RetrievalError `model-mismatch` if they are not an array, a stage has no name, no score for each text or
 * no counts
 */
export function checkedStages(
  name: string,
  texts: readonly string[],
  stages: readonly ScoringStage[] = [],
): readonly ScoringStage[] {
  if (Array.isArray(stages) && stages.every((stage) => isStage(stage, texts.length))) return stages;
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`stages\` of ${name} to be an array of { name, scores, texts, milliseconds } with ${texts.length} scores each, got ${Array.isArray(stages) ? describe(stages.find((stage) => !isStage(stage, texts.length))) : kindOf(stages)}.`,
  );
}

function isStage(stage: Partial<ScoringStage> | null | undefined, count: number): boolean {
  const { name, scores, texts, milliseconds } = stage ?? {};
  if (typeof name !== "string" || !isNumber(texts) || !isNumber(milliseconds)) return false;
  return scores?.length === count && Array.from(scores).every(isNumber);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}
