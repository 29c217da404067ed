import { workerData, type Worker } from "node:worker_threads";
import { RetrievalError } from "../../errors.ts";

/**
 * Keeps an inference worker out of ONNX Runtime while the process exits. Node stops the threads of an exiting
 * process, and a native call that returns into a stopped thread cannot create its result: its C++ exception
 * then aborts the whole process. So the exit waits for running calls, and no new call begins. The gate is one
 * word of shared memory for each worker.
 */
export type ExitGate = Int32Array<SharedArrayBuffer>;

/** The bits of the word. */
const [inside, closed] = [1, 2];

/** Creates the gate of a worker that is about to start. */
export function createExitGate(): ExitGate {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Gates of the running workers; one listener on the process serves them all. */
const gates = new Set<ExitGate>();

/** Makes every exit of the process wait for the worker's native call, until the worker has ended. */
export function guardExit(worker: Worker, gate: ExitGate): void {
  if (gates.size === 0) watchForEnd();
  gates.add(gate);
  const forget = (): void => {
    gates.delete(gate);
    if (gates.size === 0) stopWatching();
  };
  worker.once("exit", forget);
  worker.once("error", forget); // A failed worker is about to end, and may have left its gate closed.
}

const globalScope: unknown = globalThis;
/** Deno's global scope accepts listeners; Node's does not. */
const denoScope = globalScope instanceof EventTarget ? globalScope : undefined;

/** Listens before the program's own listeners: one that throws or exits would skip those after it. */
function watchForEnd(): void {
  process.prependListener("exit", closeGates);
  process.on("newListener", stayInFront);
  // In Deno, an uncaught error and `Deno.exit()` end the process without an `exit` event.
  if (!denoScope) return;
  process.prependListener("uncaughtExceptionMonitor", closeGatesUnlessCaught);
  denoScope.addEventListener("unload", closeGates);
}

function stopWatching(): void {
  process.off("newListener", stayInFront);
  process.off("exit", closeGates);
  if (!denoScope) return;
  process.off("uncaughtExceptionMonitor", closeGatesUnlessCaught);
  denoScope.removeEventListener("unload", closeGates);
}

/**
 * Moves in front again after the program prepends a listener, which is in place after this turn. Yields to the
 * listener of another copy of this package in the same process: two that both insist would never stop.
 */
function stayInFront(event: string | symbol, listener: unknown): void {
  if (event !== "exit" || Object(listener)[closesGates] === true) return;
  process.nextTick(() => {
    if (gates.size === 0) return;
    process.off("exit", closeGates);
    process.prependListener("exit", closeGates);
  });
}

function closeGatesUnlessCaught(): void {
  if (process.listenerCount("uncaughtException") === 0) closeGates();
}

/** Marks the `closeGates` of every copy of this package, of whatever version. */
const closesGates = Symbol.for("langchain-rerank.closes-gates");

/** Lets no native call begin, then blocks until the running ones have ended. */
const closeGates = Object.assign(
  (): void => {
    for (const gate of gates) Atomics.or(gate, 0, closed);
    for (const gate of gates) Atomics.wait(gate, 0, inside | closed);
  },
  { [closesGates]: true },
);

/**
 * Runs a native call of this worker, one at a time. The call must not need the thread that started the worker,
 * because that thread may be waiting for it.
 *
 * @throws `worker-failed` if the process is exiting
 */
export async function throughExitGate<Result>(call: () => Promise<Result>): Promise<Result> {
  const gate = ownGate();
  if (!gate) return call();
  if (Atomics.compareExchange(gate, 0, 0, inside) !== 0) {
    throw new RetrievalError(
      "worker-failed",
      "The process is exiting: no further inference is started.",
    );
  }
  try {
    return await call();
  } finally {
    Atomics.and(gate, 0, ~inside);
    Atomics.notify(gate, 0);
  }
}

/** The gate that this thread was started with; `undefined` outside an inference worker. */
function ownGate(): Int32Array | undefined {
  const gate: unknown = workerData?.exitGate;
  return gate instanceof Int32Array ? gate : undefined;
}
