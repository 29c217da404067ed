import { setImmediate } from "node:timers/promises";
import { untilAborted } from "../abort.ts";

/** How long work may hold the thread; garbage collection comes on top. */
const longestMs = 5;

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
}

/** Runs tasks one after the other, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `task` when all before it have ended, however they did; never, if it is aborted while it waits. */
  take<Value>(task: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const before = this.#last;
    const turn = untilAborted(before, signal).then(task);
    const ended = turn.catch(() => undefined);
    this.#last = Promise.all([before, ended]);
    return turn;
  }
}
