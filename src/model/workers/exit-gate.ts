import { workerData, type Worker } from "node:worker_threads";
import { RetrievalError } from "../../errors.ts";

/**
 * Keeps an inference worker out of ONNX Runtime while the process ends. Node stops the threads of a
 * process that exits, and a native call that returns into a stopped thread cannot create its result:
 * its C++ exception then aborts the whole process. So the exit waits for the calls in hand, and no
 * further one begins. The gate is one word of shared memory for each worker.
 */
export type ExitGate = Int32Array<SharedArrayBuffer>;

/** The bits of the word. */
const [inside, closed] = [1, 2];

/** Creates the gate of a worker that is about to be started. */
export function createExitGate(): ExitGate {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Gates of the workers that run. One listener of the process serves them all. */
const gates = new Set<ExitGate>();

/** Makes every way out of this thread's program wait for the worker, until the worker has ended. */
export function guardExit(worker: Worker, gate: ExitGate): void {
  if (gates.size === 0) watchForEnd();
  gates.add(gate);
  const forget = (): void => {
    gates.delete(gate);
    if (gates.size === 0) stopWatching();
  };
  worker.once("exit", forget);
  worker.once("error", forget); // It is on its way out, and may have left its gate shut.
}

const globalScope: unknown = globalThis;
/** Deno's global scope takes listeners; Node's does not. */
const denoScope = globalScope instanceof EventTarget ? globalScope : undefined;

/** Listens in front of the program's own listeners: one that throws or exits would leave no turn for others. */
function watchForEnd(): void {
  process.prependListener("exit", closeGates);
  process.on("newListener", stayInFront);
  // Deno: an uncaught error ends the process without an `exit` event, and so does `Deno.exit()`.
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

/** Another listener may be put in front; it is there when this turn is over. */
function stayInFront(event: string | symbol, listener: unknown): void {
  if (event !== "exit" || listener === closeGates) return;
  process.nextTick(() => {
    if (gates.size === 0) return;
    process.off("exit", closeGates);
    process.prependListener("exit", closeGates);
  });
}

function closeGatesUnlessCaught(): void {
  if (process.listenerCount("uncaughtException") === 0) closeGates();
}

/** Lets no native call begin, then blocks until those that have begun are over, as long as the longest takes. */
function closeGates(): void {
  for (const gate of gates) Atomics.or(gate, 0, closed);
  for (const gate of gates) Atomics.wait(gate, 0, inside | closed);
}

/**
 * Runs a native call of this worker, one at a time. The call must not need the thread that started the
 * worker, which may be waiting for it.
 *
 * @throws `worker-failed` where the process ends
 */
export async function throughExitGate<Result>(call: () => Promise<Result>): Promise<Result> {
  const gate = ownGate();
  if (!gate) return call();
  if (Atomics.compareExchange(gate, 0, 0, inside) !== 0) {
    throw new RetrievalError("worker-failed", "The process ends: no further inference is started.");
  }
  try {
    return await call();
  } finally {
    Atomics.and(gate, 0, ~inside);
    Atomics.notify(gate, 0);
  }
}

/** The gate that this thread was started with; none where it is no inference worker. */
function ownGate(): Int32Array | undefined {
  const gate: unknown = workerData?.exitGate;
  return gate instanceof Int32Array ? gate : undefined;
}
