import type { EventEmitter } from "node:events";
import type { RetrievalErrorCode } from "../../errors.ts";
import type { Int8Kernels } from "../files/int8-products.ts";
import type { Head } from "../files/model-head.ts";
import type { TextCut, TextWindows } from "../tokens/text-windows.ts";

/** The execution provider of ONNX Runtime that is really in use. */
export type Provider = "cuda" | "webgpu" | "cpu";

/** Everything that a worker needs to load a model. */
export interface WorkerModel {
  readonly graphPath: string;
  /** The graph that runs on the output of the first, and the token that it begins with. @defaultValue none */
  readonly decoder?: { readonly path: string; readonly startToken: number } | undefined;
  readonly tokenizerPath: string;
  readonly provider: Provider;
  /** Index of the CUDA device. */
  readonly deviceId: number | undefined;
  readonly threads: number;
  /** Uses slower kernels for int8 products, whose sums do not saturate. */
  readonly widensInt8: boolean;
  readonly padToken: number;
  /** Maximum rows of one run of the graph. */
  readonly rowsPerRun: number;
  readonly head: Head;
}

/** Rows of a micro-batch: their concatenated token ids and segment ids. */
export interface RowBatch {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly segments: Uint8Array<ArrayBuffer>;
  /** The end of each row. */
  readonly ends: Int32Array<ArrayBuffer>;
  /** How many tokens at the beginning of each row belong to its prompt. */
  readonly prompts: Int32Array<ArrayBuffer>;
  /** Number of final tokens of each row that its other tokens do not attend to. */
  readonly hidden: Int32Array<ArrayBuffer>;
}

/** Concatenated token ids of several texts, without special tokens, and the end of each text. */
export interface TokenLists {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
}

/** How long one run of the graph took. */
export interface RunTiming {
  readonly rows: number;
  /** Number of rows times the length of the longest. */
  readonly tokens: number;
  readonly milliseconds: number;
}

/** The concatenated numbers of several rows, and the end of each row: rows of token vectors differ in length. */
export interface RowValues {
  readonly values: Float32Array;
  readonly ends: Int32Array;
}

/** The result of a micro-batch. */
export interface RowResults {
  readonly values: Float32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
  readonly timings: readonly RunTiming[];
}

/** Vectors one after the other. */
export interface ComparedVectors {
  /**
   * Floats, or int8 if there are scales. A buffer, because Deno visits each element of a typed array in a message:
   * a megabyte of int8 then takes 40 to 160 ms instead of 1.
   */
  readonly buffer: ArrayBuffer;
  /** What each int8 vector is multiplied by. */
  readonly scales?: Float32Array<ArrayBuffer> | undefined;
}

/** The vectors of a query and of several passages, to be scored by MaxSim. */
export interface Comparison {
  /** How many numbers a vector has. */
  readonly width: number;
  readonly query: Float32Array<ArrayBuffer>;
  readonly passages: ComparedVectors;
  /** The end of each passage, in vectors. */
  readonly ends: Int32Array<ArrayBuffer>;
}

/** A worker has one task at a time, so answers need no id. */
export type WorkerTask =
  | { readonly kind: "load"; readonly model: WorkerModel }
  | {
      readonly kind: "encode";
      readonly texts: readonly string[];
      /** How to cut each text; `undefined` leaves it whole. */
      readonly cuts: readonly (TextCut | undefined)[];
      readonly tokenizerPath: string;
    }
  | { readonly kind: "run"; readonly batch: RowBatch }
  | { readonly kind: "compare"; readonly comparison: Comparison }
  | { readonly kind: "probe"; readonly provider: Provider }
  /** `rounds`: how often to time a product; 0 skips the timing. */
  | { readonly kind: "probe-int8"; readonly rounds: number };

/** Asks a worker to end after its current task. */
export interface EndOfWork {
  readonly kind: "end";
}

export type WorkerAnswer =
  | { readonly kind: "loaded" }
  | {
      readonly kind: "encoded";
      readonly tokens: TokenLists;
      /** For each text that was cut, its windows, whose ids are concatenated in `tokens`. */
      readonly cuts: readonly (TextWindows | undefined)[];
    }
  | { readonly kind: "ran"; readonly results: RowResults }
  | { readonly kind: "compared"; readonly scores: Float32Array<ArrayBuffer> }
  | { readonly kind: "probed" }
  | { readonly kind: "probed-int8"; readonly kernels: Int8Kernels; readonly widening: number };

/** The answer of one kind. */
export type WorkerAnswerOf<Kind extends WorkerAnswer["kind"]> = Extract<
  WorkerAnswer,
  { readonly kind: Kind }
>;

/** Says that the worker takes tasks. Deno loses messages that arrive before the worker listens. */
interface ReadyForTasks {
  readonly kind: "ready";
}

export type FromWorker =
  | ReadyForTasks
  | WorkerAnswer
  | { readonly kind: "failed"; readonly code: RetrievalErrorCode; readonly message: string };

/**
 * The part of a worker thread's interface that is used, also implemented by a process; includes `message`,
 * `error` and `exit` events.
 */
export interface InferenceWorker extends EventEmitter {
  /** -1 once the worker has ended. */
  readonly threadId: number;
  postMessage(message: WorkerTask | EndOfWork, transfer?: readonly ArrayBuffer[]): void;
  ref(): void;
  unref(): void;
}
