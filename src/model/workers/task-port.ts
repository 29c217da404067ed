import { setInterval } from "node:timers"; // Deno's own timers have no `unref`.
import { parentPort, type MessagePort } from "node:worker_threads";
import type { EndOfWork, FromWorker, WorkerTask } from "./worker-messages.ts";

type Take = (task: WorkerTask | EndOfWork) => void;

/** How an inference worker hears tasks and answers them. */
export interface TaskPort {
  listen(take: Take): void;
  /** Hears nothing more, so that the worker ends after the task in hand. */
  close(take: Take): void;
  answer(message: FromWorker, transfer?: readonly ArrayBuffer[]): void;
}

/** Connects this worker, a thread or a process, with who started it. */
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

/** A process ends when who started it is gone, not at a signal that a terminal sends to its whole group. */
function processPort(): TaskPort {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  process.on("disconnect", endAtOnce);
  // Deno loses that event now and then; then the process ends with the program at the latest.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) endAtOnce();
  }, 1000).unref();
  return {
    listen: (take) => {
      process.on("message", take);
      if (!process.connected) endAtOnce(); // Gone before anyone listened.
    },
    close: endAtOnce,
    answer: (message) =>
      void process.send?.(message, (error: Error | null) => {
        if (error) endAtOnce(); // Nobody hears it any more.
      }),
  };
}

/** Skips the shutdown of the native runtime, which can hang. A worker has no state to save. */
function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}
