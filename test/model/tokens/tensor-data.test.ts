import { expect, test } from "vitest";
import { floatsOf, widened } from "../../../src/model/tokens/tensor-data.ts";

const half = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7c00, 0x7e00, 0);
const values = [1, -2, 0.333251953125, 2 ** -24, Infinity, Number.NaN, 0];

test("reads outputs in single and in half precision", () => {
  expect([...floatsOf({ type: "float32", data: Float32Array.of(0.5, -1) })]).toEqual([0.5, -1]);
  expect([...floatsOf({ type: "float16", data: half })]).toEqual(values);
});

// ONNX Runtime uses this type wherever the engine has it: in browsers, and from Node 24 on.
const Float16Array: unknown = Reflect.get(globalThis, "Float16Array");
test.runIf(typeof Float16Array === "function")("reads the engine's own half precision", () => {
  const data: unknown = Reflect.construct(Object(Float16Array), [half.buffer]);
  expect([...floatsOf({ type: "float16", data })]).toEqual(values);
});

test("refuses an output of whole numbers, and names its type", () => {
  expect(() => floatsOf({ type: "int64", data: BigInt64Array.of(1n) })).toThrow(
    expect.objectContaining({
      code: "model-mismatch",
      message: "Expected numbers from the graph, got int64.",
    }),
  );
});

test("widens ids to 64 bits", () => {
  expect([...widened(Int32Array.of(0, 7, 30_521))]).toEqual([0n, 7n, 30_521n]);
});
