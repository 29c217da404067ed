import {
  scoreTexts,
  type CheckedPairScores,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import { scoreChosen } from "../ranking/score-chosen.ts";
import { pairKeys, ScoreCache } from "./score-cache.ts";

/**
 * Asks a scorer only for the pairs whose scores it has not given before. Keeps no score of a cascade, which chooses
 * itself what its scorers read, and none of a failover. Does not dispose of the scorer.
 */
export class CachedScorer implements PairScorer {
  readonly #scorer: PairScorer;
  readonly #cache: ScoreCache;

  constructor(scorer: PairScorer) {
    this.#scorer = scorer;
    this.#cache = cacheOf.get(scorer) ?? new ScoreCache();
    cacheOf.set(scorer, this.#cache);
  }

  get name(): string {
    return this.#scorer.name;
  }

  get scale(): ScoreScale {
    return this.#scorer.scale;
  }

  get readsInstruction(): true | undefined {
    return this.#scorer.readsInstruction;
  }

  get hasBudget(): true | undefined {
    return this.#scorer.hasBudget;
  }

  /** As the scorer's own; `cached` counts the known scores. */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<PairScores> {
    const { onScored, ...control } = options;
    const { signal, instruction, deadlineMs } = control;
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const keys = await pairKeys({ query, texts, instruction });
    const known = keys.map((key) => this.#cache.get(key));
    const chosen = [...keys.keys()].filter((index) => known[index] === undefined);
    if (chosen.length === keys.length || deadlineMs === 0) {
      return this.#keep(keys, await scoreTexts(this.#scorer, query, texts, options));
    }
    const given = await scoreChosen(this.#scorer, { query, texts, chosen }, control);
    if (!this.#isOwn(given)) {
      // Scores of two scorers cannot be compared.
      const leftMs = deadlineMs && Math.max(0, deadlineMs - (performance.now() - startedAt));
      return scoreTexts(this.#scorer, query, texts, { ...options, deadlineMs: leftMs });
    }
    this.#keep(keys, { ...given, stages: [] });
    const { scores } = given;
    const truncatedTokens = Uint32Array.from(given.truncatedTokens);
    const windows = new Map(given.windows);
    for (const [index, pair] of known.entries()) {
      if (pair === undefined) continue;
      scores[index] = pair.score;
      truncatedTokens[index] = pair.truncatedTokens;
      if (pair.window) windows.set(index, pair.window);
    }
    for (const [index, score] of scores.entries()) {
      if (Number.isFinite(score)) onScored?.(index, score);
    }
    const cached = texts.length - chosen.length + (given.cached ?? 0);
    // A failure would leave every text without a score.
    return { ...given, truncatedTokens, windows, cached, failure: undefined };
  }

  #keep(keys: readonly string[], given: CheckedPairScores): CheckedPairScores {
    if (given.stages.length > 0 || !this.#isOwn(given)) return given;
    for (const [index, key] of keys.entries()) {
      const score = given.scores[index] ?? Number.NaN;
      const truncatedTokens = given.truncatedTokens[index] ?? 0;
      this.#cache.set(key, { score, truncatedTokens, window: given.windows.get(index) });
    }
    return given;
  }

  #isOwn({ scoredBy }: Pick<CheckedPairScores, "scoredBy">): boolean {
    return scoredBy.name === this.name && scoredBy.scale === this.scale;
  }
}

/** Rerankers that share a scorer share what it said. */
const cacheOf = new WeakMap<PairScorer, ScoreCache>();
