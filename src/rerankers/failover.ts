import { untilAborted, untilDeadline } from "../abort.ts";
import {
  scoreTexts,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
} from "../ranking/pair-scorer.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";

export interface FailoverSettings {
  readonly onFailover: ((error: unknown) => unknown) | undefined;
  /** Whether the server failed a call because of its texts, which says nothing about other calls. */
  readonly isOfTexts: (error: unknown) => boolean;
}

/**
 * Sends each call to a server or to another scorer, never to both: scores of two models cannot be compared. A
 * call that the server fails is scored anew by the other one.
 */
export class Failover {
  readonly #breaker = new CircuitBreaker();
  readonly #scorer: PairScorer;
  readonly #settings: FailoverSettings;

  constructor(scorer: PairScorer, settings: FailoverSettings) {
    this.#scorer = scorer;
    this.#settings = settings;
  }

  /** Scores the texts by `ask`, which asks the server, or else by the other scorer in the time that is left. */
  async score(
    query: string,
    texts: readonly string[],
    { options, ask }: { readonly options: ScoreOptions; readonly ask: Ask },
  ): Promise<PairScores> {
    const { signal, deadlineMs, onScored } = options;
    const startedAt = performance.now();
    const leftMs = (): number | undefined =>
      deadlineMs && Math.max(0, deadlineMs - (performance.now() - startedAt));
    if (this.#breaker.admits()) {
      const answer = await this.#ask(ask, { signal, deadlineMs }, leftMs);
      if (answer) {
        // Scores of a call that may still fail must not be reported: the other scorer would report them again.
        for (const [index, score] of Array.from(answer.scores).entries()) {
          if (Number.isFinite(score)) onScored?.(index, score);
        }
        return answer;
      }
    }
    return scoreTexts(this.#scorer, query, texts, { signal, deadlineMs: leftMs(), onScored });
  }

  /** Resolves to nothing if the server fails. */
  async #ask(
    ask: Ask,
    options: ScoreOptions,
    leftMs: () => number | undefined,
  ): Promise<PairScores | undefined> {
    let answer: PairScores;
    try {
      answer = await ask(options);
    } catch (error) {
      const isEnded = options.signal?.aborted === true;
      this.#breaker.report(isEnded || this.#settings.isOfTexts(error) ? "unknown" : "failed");
      if (isEnded) throw error;
      await untilAborted(untilDeadline(this.#report(error), leftMs()), options.signal);
      return undefined;
    }
    // A server that gives nothing before the deadline may be hanging.
    const hasScores = Array.from(answer.scores).some(Number.isFinite);
    this.#breaker.report(hasScores ? "answered" : "failed");
    return answer;
  }

  /** Resolves when the callback has; what it throws, or rejects with, is an error of the call. */
  async #report(error: unknown): Promise<void> {
    await this.#settings.onFailover?.(error);
  }
}

type Ask = (options: ScoreOptions) => Promise<PairScores>;
