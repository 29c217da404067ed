import type { InferenceSession, Tensor } from "onnxruntime-node";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import { throughExitGate } from "./exit-gate.ts";

/**
 * Runs a graph for one of its outputs.
 *
 * @throws `model-mismatch` if the graph has no such output
 */
export async function runGraph(
  session: InferenceSession,
  inputs: Readonly<Record<string, Tensor>>,
  output: string,
): Promise<Tensor> {
  const outputs = await throughExitGate(() => session.run(inputs, [output]));
  const found = outputs[output];
  if (found) return found;
  throw new RetrievalError("model-mismatch", `The graph returned no ${excerptOf(output)}.`);
}
