import { untilAborted } from "../abort.ts";

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
