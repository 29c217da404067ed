import { Tensor, type InferenceSession } from "onnxruntime-node";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import { widened } from "../tokens/tensor-data.ts";
import type { RowBatch } from "./worker-messages.ts";

type Metadata = InferenceSession.ValueMetadata;

/**
 * What a graph is fed with: token ids and what follows from them, and the empty cache of a decoder.
 *
 * @throws `model-mismatch` if the graph has an input that token ids cannot fill
 */
export function inputsOf(
  inputs: readonly Metadata[],
  { graphPath, padToken }: { readonly graphPath: string; readonly padToken: number },
): (batch: RowBatch) => Record<string, Tensor> {
  const feeds = inputs.map((input) => {
    const feed = feedOf(input, padToken);
    if (feed) return [input.name, feed] as const;
    throw new RetrievalError(
      "model-mismatch",
      `The graph ${graphPath} needs an input \`${excerptOf(input.name)}\`; this package provides only ${[...fillers.keys()].join(", ")} and an empty past_key_values.`,
    );
  });
  return (batch) => {
    const shape = shapeOf(batch);
    return Object.fromEntries(feeds.map(([name, feed]) => [name, feed(batch, shape)]));
  };
}

interface Shape {
  readonly rows: number;
  readonly length: number;
}

type Feed = (batch: RowBatch, shape: Shape) => Tensor;

function feedOf(input: Metadata, padToken: number): Feed | undefined {
  const fill = fillers.get(input.name);
  if (fill === undefined) return emptyCache(input);
  const isInt32 = input.isTensor && input.type === "int32";
  return (batch, shape) => {
    const values = fill(batch, shape, padToken);
    const dims = [shape.rows, shape.length];
    return isInt32 ? new Tensor("int32", values, dims) : new Tensor("int64", widened(values), dims);
  };
}

/**
 * The keys or values of a decoder's earlier tokens `[rows, heads, earlier tokens, width]`: there are none,
 * because each text is read at once.
 */
function emptyCache(input: Metadata): Feed | undefined {
  if (
    !input.isTensor ||
    !/^past_key_values\.\d+\.(?:(?:de|en)coder\.)?(?:key|value)$/.test(input.name)
  )
    return undefined;
  const [, heads, , width] = input.shape;
  const { type } = input;
  if (typeof heads !== "number" || typeof width !== "number") return undefined;
  if (type === "float32") {
    return (_batch, { rows }) => new Tensor(type, new Float32Array(), [rows, heads, 0, width]);
  }
  return type === "float16"
    ? (_batch, { rows }) => new Tensor(type, new Uint16Array(), [rows, heads, 0, width])
    : undefined;
}

function shapeOf(batch: RowBatch): Shape {
  return { rows: batch.ends.length, length: Math.max(...lengthsOf(batch)) };
}

/** Number of tokens of each row. */
export function lengthsOf({ ends }: RowBatch): Int32Array {
  return ends.map((end, row) => end - (ends[row - 1] ?? 0));
}

type Filler = (batch: RowBatch, shape: Shape, padToken: number) => Int32Array;

/** Inputs that follow from token ids, padded on the right to the longest row. */
const fillers: ReadonlyMap<string, Filler> = new Map<string, Filler>([
  ["input_ids", (batch, shape, pad) => padded(batch, shape, pad, (at) => batch.ids[at] ?? pad)],
  ["attention_mask", attentionMask],
  ["encoder_attention_mask", attentionMask],
  ["token_type_ids", (batch, shape) => padded(batch, shape, 0, (at) => batch.segments[at] ?? 0)],
  ["position_ids", (batch, shape) => padded(batch, shape, 0, (_at, position) => position)],
]);

function attentionMask(batch: RowBatch, shape: Shape): Int32Array {
  return padded(batch, shape, 0, (at, _position, row) => (at < seenUntil(batch, row) ? 1 : 0));
}

/** The end of the tokens of a row that are attended to. */
function seenUntil({ ends, hidden }: RowBatch, row: number): number {
  return (ends[row] ?? 0) - (hidden[row] ?? 0);
}

function padded(
  { ends }: RowBatch,
  { rows, length }: Shape,
  padding: number,
  valueAt: (index: number, position: number, row: number) => number,
): Int32Array {
  const values = new Int32Array(rows * length).fill(padding);
  let start = 0;
  for (const [row, end] of ends.entries()) {
    for (let at = start; at < end; at++) {
      values[row * length + at - start] = valueAt(at, at - start, row);
    }
    start = end;
  }
  return values;
}
