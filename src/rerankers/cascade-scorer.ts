import { describe, requireString, requireStrings, RetrievalError } from "../errors.ts";
import { array, required, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { cascadeName } from "../ranking/cascade-name.ts";
import { addUsage, type ModelUsage } from "../ranking/model-usage.ts";
import {
  instructedScoreOptionRules,
  pairScorer,
  requireReader,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
  type ScoreScale,
  type UnscoredReason,
} from "../ranking/pair-scorer.ts";
import { scoreChosen, type Choice, type ChosenScores } from "../ranking/score-chosen.ts";
import { orderByScore } from "../ranking/scored.ts";
import type { ScoringStage } from "../ranking/scoring-stage.ts";

/** One scorer of a cascade. */
export interface CascadeStage {
  readonly scorer: PairScorer;
  /**
   * How many texts the scorer reads, at least 1: those that the stage before ranks highest. The first stage reads
   * all texts and takes no `candidateCount`. @defaultValue 20
   */
  readonly candidateCount?: number | undefined;
}

/** Which scorers read the texts, one after the other. */
export interface CascadeScorerOptions {
  /** At least two, the fastest scorer first. */
  readonly stages: readonly CascadeStage[];
}

const cascadeScorerOptionRules: OptionRules<CascadeScorerOptions> = { stages: required(array) };

const cascadeStageRules: OptionRules<CascadeStage> = {
  scorer: required(pairScorer),
  candidateCount: wholeNumber(1),
};

/**
 * Scores all texts with a fast scorer, and the best of them with a slower and better one. All scores of a result
 * are the last scorer's; the other texts have no score, with the reason "unlikely", and follow in the order of the
 * scorer before. If the last scorer gives no score, for example because no time is left, the scores are those of
 * the scorer before, which `scoredBy` names. Disposes of no scorer.
 *
 * @example
 * ```ts
 * import { OnnxCrossEncoder } from "langchain-rerank";
 * import { CascadeScorer } from "langchain-rerank/rerankers";
 *
 * await using small = new OnnxCrossEncoder({ model: "Xenova/ms-marco-MiniLM-L-6-v2" });
 * await using large = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large" });
 * const scorer = new CascadeScorer({
 *   stages: [{ scorer: small }, { scorer: large, candidateCount: 1 }],
 * });
 * const { scores, unscored } = await scorer.score("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores[1], unscored?.get(0));
 * ```
 */
export class CascadeScorer implements PairScorer {
  /** The scorers and how many texts each reads: `small → large over the best 20`. */
  readonly name: string;
  /** The last scorer's. */
  readonly scale: ScoreScale;
  /** `true` if one of the scorers has a limit. */
  readonly hasBudget: true | undefined;
  readonly #stages: readonly { readonly scorer: PairScorer; readonly candidateCount: number }[];

  constructor(options: CascadeScorerOptions) {
    const { stages } = requireOptions("CascadeScorer", options, cascadeScorerOptionRules);
    this.#stages = stages.map((stage, index) => {
      const taker = `CascadeScorer.stages[${index}]`;
      const { scorer, candidateCount } = requireOptions(taker, stage, cascadeStageRules);
      if (scorer instanceof CascadeScorer) {
        throw new RetrievalError(
          "invalid-option",
          `Expected no cascade in \`stages[${index}]\`, got ${scorer.name}: put its stages into this one.`,
        );
      }
      if (index > 0) return { scorer, candidateCount: candidateCount ?? 20 };
      if (candidateCount === undefined) return { scorer, candidateCount: Infinity };
      throw new RetrievalError(
        "invalid-option",
        `Expected no \`candidateCount\` in \`stages[0]\`, which reads all texts, got ${describe(candidateCount)}: pass it in a later stage, or ask the retriever for fewer candidates.`,
      );
    });
    const last = this.#stages.at(-1);
    if (last === undefined || this.#stages.length < 2) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`stages\` with at least two scorers, got ${stages.length}: pass a single scorer without a CascadeScorer.`,
      );
    }
    this.name = cascadeName(
      this.#stages.map(({ scorer: { name }, candidateCount: count }) => ({ name, count })),
    );
    this.scale = last.scorer.scale;
    this.hasBudget = this.#stages.find(({ scorer }) => scorer.hasBudget)?.scorer.hasBudget;
  }

  /** `true` if one of the scorers reads an instruction; the others are asked without it. */
  get readsInstruction(): true | undefined {
    return this.#stages.some(({ scorer }) => isReader(scorer)) || undefined;
  }

  /**
   * Returns the scores in the order of `texts`, in `stages` what each scorer did, and in `usage` the sum. The scorers
   * share the deadline: each has the time that those before have left. A scorer with a `failure` ends the call: the
   * result has it, and the scores of the scorer before.
   *
   * @throws RetrievalError `invalid-option` for an instruction that no scorer reads; the error of any of the scorers;
   * the signal's reason if the signal is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<PairScores> {
    const given = requireOptions("score", options, instructedScoreOptionRules);
    const { signal, deadlineMs, instruction, onScored } = given;
    requireReader(this, instruction);
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const startedAt = performance.now();
    // Without texts no scorer is called.
    let best = await scoreChosen(this, { query, texts, chosen: [] }, {});
    let isOfLast = false;
    let usage: ModelUsage | undefined;
    let failure: Error | undefined;
    let cached = 0;
    const unscored = new Map<number, UnscoredReason>(texts.map((_, index) => [index, "deadline"]));
    const stages: ScoringStage[] = [];
    for (const [position, { scorer, candidateCount }] of this.#stages.entries()) {
      const stageStartedAt = performance.now();
      const leftMs = deadlineMs && Math.max(0, deadlineMs - (stageStartedAt - startedAt));
      const isOver = position > 0 && leftMs === 0;
      const chosen = isOver ? [] : orderByScore(best.scores, stages).slice(0, candidateCount);
      const isLast = position === this.#stages.length - 1;
      const read = await this.#scoreStage(
        scorer,
        { query, texts, chosen },
        {
          signal,
          deadlineMs: leftMs,
          instruction,
          // Until the last scorer has answered, it is unknown whose scores count.
          onScored: isLast ? onScored : undefined,
        },
      );
      const milliseconds = performance.now() - stageStartedAt;
      const { scores, scoredBy } = read;
      stages.push({ name: scoredBy.name, scores, texts: chosen.length, milliseconds });
      usage = addUsage(usage, read.usage);
      cached += read.cached ?? 0;
      failure = read.failure;
      // A scorer without any score leaves those of the scorer before, if there are any.
      if (scores.some(Number.isFinite) || !best.scores.some(Number.isFinite)) {
        best = read;
        isOfLast = isLast;
        const wasChosen = new Set(chosen);
        for (const index of texts.keys()) {
          const reason = read.unscored.get(index);
          if (reason !== undefined) unscored.set(index, reason);
          else if (wasChosen.has(index)) unscored.delete(index);
          else if (!unscored.has(index)) unscored.set(index, "unlikely");
        }
      }
      if (failure) break;
    }
    if (!isOfLast) {
      for (const [index, score] of best.scores.entries()) {
        if (Number.isFinite(score)) onScored?.(index, score);
      }
    }
    return { ...best, unscored, stages, usage, failure, cached: cached || undefined };
  }

  /** Passes the instruction on if the scorer reads it; some models show only once they are loaded that they do not. */
  async #scoreStage(
    scorer: PairScorer,
    choice: Choice,
    { instruction, deadlineMs, ...control }: ScoreOptions,
  ): Promise<ChosenScores> {
    if (instruction === undefined || !isReader(scorer)) {
      return scoreChosen(scorer, choice, { ...control, deadlineMs });
    }
    const startedAt = performance.now();
    try {
      return await scoreChosen(scorer, choice, { ...control, deadlineMs, instruction });
    } catch (error) {
      if (isReader(scorer)) throw error;
      requireReader(this, instruction);
      const leftMs = deadlineMs && Math.max(0, deadlineMs - (performance.now() - startedAt));
      return scoreChosen(scorer, choice, { ...control, deadlineMs: leftMs });
    }
  }
}

function isReader({ readsInstruction }: PairScorer): boolean {
  return readsInstruction === true;
}
