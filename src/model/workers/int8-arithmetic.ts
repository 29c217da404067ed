import { RetrievalError } from "../../errors.ts";
import { askWorker } from "./ask-worker.ts";
import type { Int8Kernels } from "../files/int8-products.ts";
import type { WorkerAnswerOf } from "./worker-messages.ts";

let found: Promise<Int8Kernels> | undefined;

/**
 * Finds out, once per process, how ONNX Runtime multiplies int8 numbers on this machine, from a product with a
 * known exact result. Processor flags would not say which kernels the runtime chose.
 */
export async function findInt8Kernels(): Promise<Int8Kernels> {
  return await (found ??= probe(0).then(
    ({ kernels }) => kernels,
    (error: unknown) => {
      found = undefined; // A worker that failed to start may start next time.
      throw error;
    },
  ));
}

/**
 * How many times longer an exact int8 product takes than a saturating one; `undefined` if the native kernels
 * are exact.
 */
export async function measureWidening(): Promise<number | undefined> {
  const { kernels, widening } = await probe(30);
  return kernels === "exact-if-widened" ? widening : undefined;
}

async function probe(rounds: number): Promise<WorkerAnswerOf<"probed-int8">> {
  try {
    return await askWorker({ kind: "probe-int8", rounds }, "probed-int8");
  } catch (cause) {
    throw new RetrievalError(
      "worker-failed",
      `Expected ONNX Runtime to multiply two matrices in a worker, got: ${String(cause)}. Reinstall onnxruntime-node.`,
      { cause },
    );
  }
}
