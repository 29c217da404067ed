/** Longest time in milliseconds that work may block the event loop, not counting garbage collection. */
const longestMs = 5;

/** Long work in small steps; other work may run at each `yield`. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Gives timers, requests and searches a turn between the steps of a long task. */
export class Breather {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether the event loop has been blocked for long enough. */
  get isDue(): boolean {
    return performance.now() - this.#since > longestMs;
  }

  /** Lets other work run once; rejects with the signal's reason if the signal is aborted. */
  async pause(): Promise<void> {
    await turnOfOthers();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }

  /** Runs all steps, with a pause whenever one is due. */
  async take<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (this.isDue) await this.pause();
    }
  }
}

/** Resolves after timers and input that are due; browsers have no `setImmediate`. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/** Runs all steps without a pause. */
export function takeAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
