import type { PoolTask } from "../workers/worker-pool.ts";
import type { Comparison } from "../workers/worker-messages.ts";

/** Comparisons that wait for a worker, first come, first served. If a worker fails on one, it is tried once more. */
export class Comparisons {
  readonly #waiting: { readonly task: PoolTask; readonly reject: (error: unknown) => void }[] = [];
  readonly #wake: () => void;

  /** `wake` is called when there is a task. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  get areWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  next(): PoolTask | undefined {
    return this.#waiting.shift()?.task;
  }

  /** Resolves to one score for each passage. */
  add(comparison: Comparison): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      const wait = (isSecondTry: boolean): void => {
        const task: PoolTask = {
          message: { kind: "compare", comparison },
          transfer: [], // The vectors are copied, so that they are still there for a second try.
          onAnswer: (answer) => {
            if (answer.kind === "compared") resolve(answer.scores);
          },
          onFailure: (error) => {
            if (error.code === "worker-failed" && !isSecondTry) wait(true);
            else reject(error);
          },
        };
        this.#waiting.push({ task, reject });
        this.#wake();
      };
      wait(false);
    });
  }

  failAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
