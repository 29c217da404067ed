import { RetrievalError } from "../../errors.ts";
import { halfToFloat } from "./half-float.ts";

/** Converts int32 to int64 by writing the low halves: ids are never negative, so the high halves stay 0. */
export function widened(values: Int32Array): BigInt64Array {
  const wide = new BigInt64Array(values.length);
  const halves = new Int32Array(wide.buffer);
  for (const [index, value] of values.entries()) halves[index * 2] = value;
  return wide;
}

/** An output of a graph. */
export interface OutputTensor {
  readonly data: unknown;
  readonly type: unknown;
}

/**
 * The numbers of an output in single or half precision.
 *
 * @throws `model-mismatch` if it has another type
 */
export function floatsOf({ data, type }: OutputTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return Float32Array.from(data, halfToFloat);
  if (isFloat16Array(data)) return Float32Array.from(data);
  throw notNumbers(type);
}

/**
 * One number of such an output.
 *
 * @throws `model-mismatch` if it has another type
 */
export function floatAt({ data, type }: OutputTensor, index: number): number {
  if (data instanceof Uint16Array) return halfToFloat(data[index] ?? 0);
  if (data instanceof Float32Array) return data[index] ?? Number.NaN;
  if (isFloat16Array(data)) return Number(Reflect.get(data, index));
  throw notNumbers(type);
}

function notNumbers(type: unknown): RetrievalError {
  return new RetrievalError(
    "model-mismatch",
    `Expected numbers from the graph, got ${String(type)}.`,
  );
}

/** Newer engines have this type, and ONNX Runtime then uses it for half precision. */
function isFloat16Array(data: unknown): data is Iterable<number> & object {
  return Object.prototype.toString.call(data) === "[object Float16Array]";
}
