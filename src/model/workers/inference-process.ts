import { fork, type ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { heldUntilReady } from "./held-until-ready.ts";
import type { EndOfWork, InferenceWorker, WorkerTask } from "./worker-messages.ts";

/** An inference worker in its own process, which ends when the thread that started it ends. */
export class InferenceProcess extends EventEmitter implements InferenceWorker {
  readonly #child: ChildProcess;
  // With a callback, a failed send emits no `error` event; the `exit` event reports the dead process.
  readonly #post = heldUntilReady(
    this,
    (message: WorkerTask | EndOfWork) => void this.#child.send(message, () => undefined),
  );

  constructor(script: URL) {
    super();
    // Typed arrays need "advanced" serialization.
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
    // Unlike a thread, a process can be killed inside a native call, or while its runtime hangs on shutdown.
    if (message.kind === "end") return void this.#child.kill("SIGKILL");
    this.#post(message);
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
