import { setInterval } from "node:timers"; // Deno's global timers have no `unref`.
import { parentPort, type MessagePort } from "node:worker_threads";
import type { EndOfWork, FromWorker, WorkerTask } from "./worker-messages.ts";

type Take = (task: WorkerTask | EndOfWork) => void;

/** How an inference worker receives tasks and answers them. */
export interface TaskPort {
  listen(take: Take): void;
  /** Stops listening, so that the worker ends after its current task. */
  close(take: Take): void;
  answer(message: FromWorker, transfer?: readonly ArrayBuffer[]): void;
}

/** Connects this worker, a thread or a process, with the thread that started it. */
export function openTaskPort(): TaskPort {
  return parentPort ? threadPort(parentPort) : processPort();
}

function threadPort(port: MessagePort): TaskPort {
  return {
    listen: (take) => void port.on("message", take),
    close: (take) => void port.off("message", take), // Deno's port has no `close`.
    answer: (message, transfer = []) => port.postMessage(message, transfer),
  };
}

/** A process ends when its parent has gone, not on a signal that a terminal sends to the process group. */
function processPort(): TaskPort {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  process.on("disconnect", endAtOnce);
  // Deno occasionally loses the `disconnect` event; the process then ends with the program at the latest.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) endAtOnce();
  }, 1000).unref();
  return {
    listen: (take) => {
      process.on("message", take);
      if (!process.connected) endAtOnce(); // The parent had gone before the listener was added.
    },
    close: endAtOnce,
    answer: (message) =>
      void process.send?.(message, (error: Error | null) => {
        if (error) endAtOnce(); // The parent has gone.
      }),
  };
}

/** Skips the shutdown of the native runtime, which can hang. A worker has no state to save. */
function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}
