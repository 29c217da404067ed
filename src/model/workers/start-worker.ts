import { isMainThread, Worker } from "node:worker_threads";
import { createExitGate, guardExit } from "./exit-gate.ts";
import { InferenceProcess } from "./inference-process.ts";
import { heldUntilReady } from "./held-until-ready.ts";
import type { EndOfWork, InferenceWorker, WorkerTask } from "./worker-messages.ts";

/**
 * Starts a worker that accepts tasks; it does not inherit flags of the parent, such as `--input-type`. The
 * worker is a thread if this is the main thread. If the package itself runs in a worker thread, the worker is a
 * process: an outer thread can be terminated, which would stop its own threads in the middle of a native call.
 */
export function startInferenceWorker(): InferenceWorker {
  // Node cannot load TypeScript in workers, so the built file is used when running from `src/`.
  const script = import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/model/workers/inference-worker.js", import.meta.url)
    : new URL("./inference-worker.js", import.meta.url);
  if (!isMainThread) return new InferenceProcess(script);
  const exitGate = createExitGate();
  const worker = new InferenceThread(script, { execArgv: [], workerData: { exitGate } });
  guardExit(worker, exitGate);
  return worker;
}

/**
 * A thread that cannot be terminated inside ONNX Runtime, not even by code that gets it from a `worker` event.
 */
class InferenceThread extends Worker {
  readonly #post = heldUntilReady(
    this,
    (message: WorkerTask | EndOfWork, transfer?: readonly ArrayBuffer[]) =>
      super.postMessage(message, transfer ?? []),
  );

  override postMessage(message: WorkerTask | EndOfWork, transfer?: readonly ArrayBuffer[]): void {
    this.#post(message, transfer);
  }

  override async terminate(): Promise<number> {
    return endInferenceWorker(this);
  }
}

/**
 * Ends a worker, waits until it has exited, and returns its exit code. It is asked to end, not terminated:
 * terminating a thread inside ONNX Runtime aborts the whole process.
 */
export async function endInferenceWorker(worker: InferenceWorker): Promise<number> {
  if (worker.threadId === -1) return 0; // The worker has exited already and emits no further `exit` event.
  // `once` from node:events would reject if the worker fails while it exits.
  const gone = new Promise<number>((resolve) => {
    worker.once("exit", resolve);
  });
  worker.ref();
  worker.postMessage({ kind: "end" });
  return gone;
}
