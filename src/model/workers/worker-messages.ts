import type { EventEmitter } from "node:events";
import { isMainThread, Worker } from "node:worker_threads";
import type { RetrievalErrorCode } from "../../errors.ts";
import { createExitGate, guardExit } from "./exit-gate.ts";
import { InferenceProcess } from "./inference-process.ts";
import type { Int8Kernels } from "../files/int8-products.ts";
import type { Pooling } from "../files/model-catalog.ts";

/** The execution provider of ONNX Runtime that is really in use. */
export type Provider = "cuda" | "webgpu" | "cpu";

/** What a model gives for one row: the numbers of its head, or one vector. */
export type Head =
  | { readonly kind: "score" }
  | {
      readonly kind: "embed";
      readonly pooling: Pooling;
      readonly isNormalized: boolean;
    };

/** All that a worker needs to load a model. */
export interface WorkerModel {
  readonly graphPath: string;
  readonly tokenizerPath: string;
  readonly provider: Provider;
  /** Which of several CUDA devices. */
  readonly deviceId: number | undefined;
  readonly threads: number;
  /** Takes slower kernels for int8 products, whose sums do not saturate. */
  readonly widensInt8: boolean;
  readonly padToken: number;
  /** Most rows of one run of the graph. */
  readonly rowsPerRun: number;
  readonly head: Head;
}

/** Rows of a micro-batch: their token ids and segments one behind the other, and where each row ends. */
export interface RowBatch {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly segments: Uint8Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
}

/** Token ids of several texts one behind the other, without special tokens, and where each text ends. */
export interface TokenLists {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
}

/** How long one run of the graph took. */
export interface RunTiming {
  readonly rows: number;
  /** Rows times the longest of them. */
  readonly tokens: number;
  readonly milliseconds: number;
}

/** One row of `width` numbers for each row that went in. */
export interface RowValues {
  readonly values: Float32Array;
  readonly width: number;
}

/** What a micro-batch gave. */
export interface RowResults extends RowValues {
  readonly values: Float32Array<ArrayBuffer>;
  readonly timings: readonly RunTiming[];
}

/** A worker has one task in hand at a time, so answers need no number. */
export type WorkerTask =
  | { readonly kind: "load"; readonly model: WorkerModel }
  | { readonly kind: "encode"; readonly texts: readonly string[]; readonly tokenizerPath: string }
  | { readonly kind: "run"; readonly batch: RowBatch }
  | { readonly kind: "probe"; readonly provider: Provider }
  /** `rounds`: how often to time a product; 0 does not time it. */
  | { readonly kind: "probe-int8"; readonly rounds: number };

/** Asks a worker to end once its task in hand is done. */
export interface EndOfWork {
  readonly kind: "end";
}

export type WorkerAnswer =
  | { readonly kind: "loaded" }
  | { readonly kind: "encoded"; readonly tokens: TokenLists }
  | { readonly kind: "ran"; readonly results: RowResults }
  | { readonly kind: "probed" }
  | { readonly kind: "probed-int8"; readonly kernels: Int8Kernels; readonly widening: number };

/** The answer of one kind. */
export type WorkerAnswerOf<Kind extends WorkerAnswer["kind"]> = Extract<
  WorkerAnswer,
  { readonly kind: Kind }
>;

export type FromWorker =
  | WorkerAnswer
  | { readonly kind: "failed"; readonly code: RetrievalErrorCode; readonly message: string };

/** What is used of a worker thread, or of a process in its place: `message`, `error` and `exit` events, too. */
export interface InferenceWorker extends EventEmitter {
  /** -1 once the worker is gone. */
  readonly threadId: number;
  postMessage(message: WorkerTask | EndOfWork, transfer?: readonly ArrayBuffer[]): void;
  ref(): void;
  unref(): void;
}

/**
 * Starts a worker that takes tasks; flags of the parent, such as `--input-type`, are not its own. It is a
 * thread of the main thread, but a process where the package itself runs in a worker thread: that one may
 * be stopped from outside, and would take its own threads along in the middle of a native call.
 */
export function startInferenceWorker(): InferenceWorker {
  // Node loads no TypeScript in workers, so from `src/` the built one is taken.
  const script = import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/model/workers/inference-worker.js", import.meta.url)
    : new URL("./inference-worker.js", import.meta.url);
  if (!isMainThread) return new InferenceProcess(script);
  const exitGate = createExitGate();
  const worker = new InferenceThread(script, { execArgv: [], workerData: { exitGate } });
  guardExit(worker, exitGate);
  return worker;
}

/** A thread that cannot be stopped inside ONNX Runtime, not even by who finds it in a `worker` event. */
class InferenceThread extends Worker {
  override async terminate(): Promise<number> {
    return endInferenceWorker(this);
  }
}

/**
 * Ends a worker, waits until it is gone, and gives its exit code. It is asked, not terminated: a thread
 * that is stopped inside ONNX Runtime takes the whole process with it.
 */
export async function endInferenceWorker(worker: InferenceWorker): Promise<number> {
  if (worker.threadId === -1) return 0; // It ended by itself, and will not say so again.
  // Not by `once` of node:events, which would reject where the worker fails on its way out.
  const gone = new Promise<number>((resolve) => {
    worker.once("exit", resolve);
  });
  worker.ref();
  worker.postMessage({ kind: "end" });
  return gone;
}
