import { fork, type ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import type { EndOfWork, InferenceWorker, WorkerTask } from "./worker-messages.ts";

/** An inference worker in a process of its own, which ends when the thread that started it is gone. */
export class InferenceProcess extends EventEmitter implements InferenceWorker {
  readonly #child: ChildProcess;

  constructor(script: URL) {
    super();
    // Typed arrays need "advanced".
    this.#child = fork(script, { execArgv: [], serialization: "advanced" });
    for (const event of ["message", "error", "exit"] as const) {
      this.#child.on(event, (value: unknown) => this.emit(event, value));
    }
  }

  /** The id of the process. */
  get threadId(): number {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null ? -1 : pid;
  }

  postMessage(message: WorkerTask | EndOfWork): void {
    // A process, unlike a thread, can be killed inside a native call, and while its runtime hangs on shutdown.
    if (message.kind === "end") return void this.#child.kill("SIGKILL");
    // With a callback, what cannot be sent is no `error` event: the `exit` event says that it is gone.
    this.#child.send(message, () => undefined);
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}
