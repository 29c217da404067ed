import { untilAborted } from "../abort.ts";

/** Runs tasks one after the other, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Runs `task` after all earlier tasks have ended, successfully or not; never runs it if `signal` is aborted
   * while it waits.
   */
  take<Value>(task: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const before = this.#last;
    const turn = untilAborted(before, signal).then(task);
    const ended = turn.catch(() => undefined);
    this.#last = Promise.all([before, ended]);
    return turn;
  }
}
