import { InferenceSession, Tensor } from "onnxruntime-node";
import { throughExitGate } from "./exit-gate.ts";
import { sessionOptions } from "./session.ts";
import type { Int8Kernels } from "../files/int8-products.ts";
import type { Provider } from "./worker-messages.ts";

/** Creates a session with one operator; rejects if the provider does not work. */
export async function probeProvider(provider: Provider): Promise<void> {
  await throughExitGate(async () => {
    const session = await InferenceSession.create(oneRelu, sessionOptions({ provider }));
    await session.run({ x: new Tensor("float32", [1], [1]) });
    await session.release();
  });
}

/** What an int8 product reveals about the kernels that the runtime chose for this processor. */
export interface Int8Probe {
  readonly kernels: Int8Kernels;
  /** How many times longer the widened product takes; 1 if that was not timed. */
  readonly widening: number;
}

/**
 * Multiplies the largest unsigned by the largest signed bytes. Kernels that add neighbouring products in 16
 * bits return half of the exact sum. With `rounds` above 0, also times a product of 128 rows that many times.
 *
 * @see "Nuances of int8 computations", oneDNN developer guide; `session.x64quantprecision` in
 * `onnxruntime_session_options_config_keys.h`
 */
export async function probeInt8(rounds: number): Promise<Int8Probe> {
  return throughExitGate(() => probe(rounds));
}

async function probe(rounds: number): Promise<Int8Probe> {
  const [asIs, widened] = [await product(false), await product(true)];
  let kernels: Int8Kernels = "saturating";
  if (await isExact(asIs)) kernels = "exact";
  else if (await isExact(widened)) kernels = "exact-if-widened";
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [index, session] of [asIs, widened].entries()) {
      const startedAt = performance.now();
      await multiply(session, 128);
      times[index]?.push(performance.now() - startedAt);
    }
  }
  await asIs.release();
  await widened.release();
  // Compares the fastest rounds: other load on the machine only adds time.
  const widening = rounds > 0 ? Math.min(...times[1]) / Math.min(...times[0]) : 1;
  return { kernels, widening };
}

async function isExact(session: InferenceSession): Promise<boolean> {
  return (await multiply(session, 1)) === 255 * 127 * innerSize;
}

async function product(widensInt8: boolean): Promise<InferenceSession> {
  return InferenceSession.create(int8Product, sessionOptions({ provider: "cpu", widensInt8 }));
}

/** Multiplies rows of 255 by the matrix and returns the first number. */
async function multiply(session: InferenceSession, rows: number): Promise<number> {
  const a = new Tensor("uint8", new Uint8Array(rows * innerSize).fill(255), [rows, innerSize]);
  return Number((await session.run({ a }))["y"]?.data[0]);
}

/** An ONNX graph with one Relu on one number. */
const oneRelu = Buffer.from(
  "CAgSADozCgwKAXgSAXkiBFJlbHUSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN",
  "base64",
);

/** Number of columns of `a`. */
const innerSize = 384;

/**
 * An ONNX graph with one MatMulInteger: `a` of [rows, 384] uint8 times a constant of [384, 1536] int8, all 127,
 * which ConstantOfShape creates when the graph is loaded. The size is that of a feed-forward layer of MiniLM.
 */
const int8Product = Buffer.from(
  "CAgSADqLAQovCgFzEgF3Ig9Db25zdGFudE9mU2hhcGUqFgoFdmFsdWUqCggBEAMqAX9CAXagAQQKGAoBYQoBdxIBeSINTWF0TXVsSW50" +
    "ZWdlchIBZyoNCAIQBzoEgAOADEIBc1oVCgFhEhAKDggCEgoKAxIBbgoDCIADYhUKAXkSEAoOCAYSCgoDEgFuCgMIgAxCBAoAEA0=",
  "base64",
);
