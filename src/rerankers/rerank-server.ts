import { AsyncCaller } from "@langchain/core/utils/async_caller";
import type { ScoreScale } from "../ranking/pair-scorer.ts";
import { scoresIn } from "./answer-scores.ts";
import type { Dialect } from "./dialects.ts";
import { placeOf, post, type Endpoint, type Outcome } from "./post.ts";
import { withRetries } from "./retries.ts";

/** How a server is asked. */
export interface RerankServerSettings {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly scale: ScoreScale;
  readonly model: string | undefined;
  readonly maxConcurrency: number;
  readonly maxRetries: number;
  readonly batchSize: number;
}

/** Texts to score with a query; `listen` is called once for each, with `NaN` if the server refuses it. */
export interface ServerCall {
  readonly query: string;
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
  readonly listen: (index: number, score: number) => void;
}

/** What came of the texts of a call so far. */
interface Progress {
  scored: number;
  refused: number;
  refusal: Error | undefined;
}

/** Positions in the texts of a call, from `start` up to `end`. */
interface Batch {
  readonly start: number;
  readonly end: number;
}

/** A rerank server: sends texts in batches, and learns how many it takes at once. */
export class RerankServer {
  readonly #settings: RerankServerSettings;
  /** Only its queue is used: its own retries go on after an abort. */
  readonly #caller: AsyncCaller;
  #batchSize: number;

  constructor(settings: RerankServerSettings) {
    this.#settings = settings;
    const { maxConcurrency, batchSize } = settings;
    this.#caller = new AsyncCaller({
      maxConcurrency,
      maxRetries: 0,
      onFailedAttempt: () => undefined,
    });
    this.#batchSize = batchSize;
  }

  /**
   * Scores each text, or reports that the server refuses it. The first failure that concerns more than one text
   * ends the call.
   */
  async score(call: ServerCall): Promise<void> {
    const progress: Progress = { scored: 0, refused: 0, refusal: undefined };
    const size = this.#batchSize;
    const starts = Array.from(
      { length: Math.ceil(call.texts.length / size) },
      (_, index) => index * size,
    );
    await Promise.all(
      starts.map((start) => {
        const end = Math.min(start + size, call.texts.length);
        return this.#scoreBatch(call, { start, end }, progress);
      }),
    );
    if (progress.scored === 0 && progress.refusal) throw progress.refusal;
  }

  /** Resolves to whether every text of the batch has a score. */
  async #scoreBatch(call: ServerCall, batch: Batch, progress: Progress): Promise<boolean> {
    const { start, end } = batch;
    const count = end - start;
    const outcome = await this.#caller.call(() => this.#ask(call, batch));
    if (outcome !== undefined && "text" in outcome) {
      const { dialect, scale, endpoint } = this.#settings;
      const { text, came } = outcome;
      const expected = { dialect, scale, count, place: placeOf(endpoint), came };
      const scores = scoresIn(text, expected);
      progress.scored += count;
      for (const [index, score] of scores.entries()) call.listen(start + index, score);
      return true;
    }
    if (outcome?.remedy === "retry" || outcome?.remedy === "none") throw outcome.failure;
    if (outcome !== undefined && count === 1) {
      progress.refused += 1;
      progress.refusal = outcome.failure;
      // With nothing scored and two texts refused on their own, their length is not the reason, unless the server says so.
      const isTooLong = outcome.remedy === "isolate";
      if (!isTooLong && progress.scored === 0 && progress.refused > 1) throw outcome.failure;
      call.listen(start, Number.NaN);
      return false;
    }
    const middle = start + Math.ceil(count / 2);
    const first = await this.#scoreBatch(call, { start, end: middle }, progress);
    const second = await this.#scoreBatch(call, { start: middle, end }, progress);
    // If a half has a text that is refused on its own, the batch was not too large.
    if (first && second) this.#batchSize = Math.min(this.#batchSize, middle - start);
    return first && second;
  }

  /** Resolves to nothing if the server is known to take fewer texts at once. */
  async #ask(
    { query, texts, signal }: ServerCall,
    { start, end }: Batch,
  ): Promise<Outcome | undefined> {
    if (end - start > this.#batchSize) return undefined;
    const { endpoint, dialect, model, maxRetries } = this.#settings;
    const question = { query, texts: texts.slice(start, end), model };
    const body = JSON.stringify(dialect.requestOf(question));
    return withRetries(() => post(endpoint, body, signal), { maxRetries, signal });
  }
}
