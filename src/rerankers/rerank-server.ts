import { AsyncCaller } from "@langchain/core/utils/async_caller";
import type { ScoreScale } from "../ranking/pair-scorer.ts";
import { scoresIn } from "./answer-scores.ts";
import type { Dialect } from "./dialects.ts";
import { placeOf, post, type Answer, type Endpoint, type Outcome } from "./post.ts";
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
  /** Positions of the texts that are refused on their own. */
  readonly refused: Set<number>;
  refusal: Error | undefined;
  /** Whether the server takes another text, if it was asked. */
  takesOthers: Promise<boolean> | undefined;
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
  /** Whether the server has ever given a score. */
  #hasScored = false;
  /** Failures of calls whose texts are refused, though the server works. */
  readonly #refusalsOfTexts = new WeakSet<object>();

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
    const progress: Progress = {
      scored: 0,
      refused: new Set(),
      refusal: undefined,
      takesOthers: undefined,
    };
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

  /** Whether a call failed because its texts are refused, which says nothing against the server. */
  isOfTexts(failure: unknown): boolean {
    return typeof failure === "object" && failure !== null && this.#refusalsOfTexts.has(failure);
  }

  /** Resolves to whether every text of the batch has a score. */
  async #scoreBatch(call: ServerCall, batch: Batch, progress: Progress): Promise<boolean> {
    const { start, end } = batch;
    const count = end - start;
    const outcome = await this.#caller.call(() => this.#ask(call, batch));
    if (outcome !== undefined && "text" in outcome) {
      const scores = this.#scoresIn(outcome, count);
      progress.scored += count;
      for (const [index, score] of scores.entries()) call.listen(start + index, score);
      return true;
    }
    if (outcome?.remedy === "retry" || outcome?.remedy === "none") throw outcome.failure;
    if (outcome !== undefined && count === 1) {
      const { failure, isSize } = outcome;
      progress.refused.add(start);
      progress.refusal = failure;
      if (isSize || this.#hasScored) this.#refusalsOfTexts.add(failure);
      // A server that refuses every text is not asked for each of them, unless it says that their length is the reason.
      if (outcome.remedy !== "isolate" && !(await this.#takesOthers(call, progress))) throw failure;
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

  /** Whether the server takes any of the texts; asks for the shortest one if none has a score yet. */
  async #takesOthers(call: ServerCall, progress: Progress): Promise<boolean> {
    return progress.scored > 0 || (progress.takesOthers ??= this.#takesShortest(call, progress));
  }

  async #takesShortest(call: ServerCall, progress: Progress): Promise<boolean> {
    const start = shortestOf(call.texts, progress.refused);
    if (start === undefined) return false;
    const outcome = await this.#caller.call(async () =>
      progress.scored > 0 ? undefined : this.#ask(call, { start, end: start + 1 }),
    );
    if (outcome === undefined) return true; // Others have been scored while this request was waiting.
    if ("text" in outcome) return this.#scoresIn(outcome, 1).length === 1;
    if (outcome.remedy === "retry" || outcome.remedy === "none") throw outcome.failure;
    return false;
  }

  #scoresIn({ text, came }: Answer, count: number): number[] {
    const { dialect, scale, endpoint } = this.#settings;
    const { secrets } = endpoint;
    const expected = { dialect, scale, count, place: placeOf(endpoint), came, secrets };
    const scores = scoresIn(text, expected);
    this.#hasScored = true;
    return scores;
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

/** The shortest text that is not blank: if the server takes any text, then probably this one. */
function shortestOf(texts: readonly string[], refused: ReadonlySet<number>): number | undefined {
  const bytes = texts.map((text) => (text.trim() === "" ? Infinity : Buffer.byteLength(text)));
  return [...texts.keys()]
    .filter((index) => !refused.has(index))
    .toSorted((a, b) => (bytes[a] ?? 0) - (bytes[b] ?? 0))[0];
}
