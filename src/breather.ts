import { setImmediate } from "node:timers/promises";

/** How long work may hold the thread; garbage collection comes on top. */
const longestMs = 5;

/** Long work in small steps: at each `yield` other work may come in between. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Lets other work in between the steps of a long task: timers, requests, searches. */
export class Breather {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** True once the thread has been held long enough. */
  get isDue(): boolean {
    return performance.now() - this.#since > longestMs;
  }

  /** Gives the thread away once; rejects with the signal's reason where it was aborted. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }

  /** Takes all steps, with a pause wherever one is due. */
  async take<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (this.isDue) await this.pause();
    }
  }
}

/** Takes all steps without a pause. */
export function takeAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
