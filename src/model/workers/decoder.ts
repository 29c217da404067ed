import { Tensor, type InferenceSession } from "onnxruntime-node";
import { inputsOf } from "./graph-inputs.ts";
import { runGraph } from "./run-graph.ts";
import type { RowBatch, WorkerModel } from "./worker-messages.ts";

/** Runs one step of a decoder on what the encoder gave for the rows; returns one of its outputs. */
export type Decode = (batch: RowBatch, encoded: Tensor, output: string) => Promise<Tensor>;

/**
 * Prepares the first step of a decoder: each row begins with the start token, and there is no cache yet.
 *
 * @throws `model-mismatch` if the graph has an input that these cannot fill
 */
export function loadDecoder(
  session: InferenceSession,
  { path, startToken }: NonNullable<WorkerModel["decoder"]>,
  { padToken }: Pick<WorkerModel, "padToken">,
): Decode {
  const origin = { graphPath: path, padToken };
  const inputs = session.inputMetadata;
  const feedStart = inputsOf(
    inputs.filter(({ name }) => name === "input_ids"),
    origin,
  );
  const feedRest = inputsOf(
    inputs.filter(({ name }) => name !== "input_ids" && !own.has(name)),
    origin,
  );
  const choosesBranch = inputs.some(({ name }) => name === cacheSwitch);
  return async (batch, encoded, output) => {
    const feeds = {
      ...feedRest(batch),
      ...feedStart(firstTokens(batch.ends.length, startToken)),
      [encoderStates]: encoded,
      ...(choosesBranch ? { [cacheSwitch]: new Tensor("bool", [false], [1]) } : {}),
    };
    return runGraph(session, feeds, output);
  };
}

const encoderStates = "encoder_hidden_states";
/** Whether a merged graph reads its cache. */
const cacheSwitch = "use_cache_branch";
const own: ReadonlySet<string> = new Set([encoderStates, cacheSwitch]);

/** Rows of one token each. */
function firstTokens(rows: number, token: number): RowBatch {
  return {
    ids: new Int32Array(rows).fill(token),
    segments: new Uint8Array(rows),
    ends: Int32Array.from({ length: rows }, (_, row) => row + 1),
    prompts: new Int32Array(rows),
    hidden: new Int32Array(rows),
  };
}
