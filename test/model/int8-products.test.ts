import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { arithmeticOf } from "../../src/model/int8-arithmetic.ts";
import { int8ProductsOf, type GraphLevel, type GraphNode } from "../../src/model/int8-products.ts";
import { inspectGraph } from "../../src/model/onnx-graph.ts";
import { int8Golden } from "../fixtures/golden.ts";

const graphs = join(import.meta.dirname, "../fixtures/graphs/int8");
const [uint8, int8, int32] = [2, 3, 6];

function node(operator: string, inputs: readonly string[], output: string): GraphNode {
  return { operator, inputs, outputs: [output], subgraphs: [] };
}

function level(
  initializers: Readonly<Record<string, number>>,
  ...nodes: readonly GraphNode[]
): GraphLevel {
  return { inputs: ["x"], initializers: new Map(Object.entries(initializers)), nodes };
}

describe("int8ProductsOf", () => {
  test.each(int8Golden.graphs)("tells $name: $products", async ({ name, products }) => {
    expect((await inspectGraph(join(graphs, `${name}.onnx`))).int8Products).toBe(products);
  });

  test("finds nothing that saturates in a product of two activations", () => {
    const product = level(
      {},
      node("DynamicQuantizeLinear", ["x"], "a"),
      node("MatMulInteger", ["a", "a"], "y"),
    );
    expect(int8ProductsOf(product, 17)).toBe("unsigned");
  });

  test("takes signed activations as second factor for what cannot be rewritten", () => {
    const quantized = [node("QuantizeLinear", ["x", "scale", "zero"], "a")];
    const product = node("MatMulInteger", ["x", "a"], "y");
    expect(int8ProductsOf(level({ zero: int8 }, ...quantized, product), 17)).toBe("not-widenable");
    expect(int8ProductsOf(level({ zero: uint8 }, ...quantized, product), 17)).toBe("unsigned");
  });

  test("leaves out weights that are only stored in bytes, and biases", () => {
    const stored = level(
      { w: int8 },
      node("DequantizeLinear", ["w", "s", "z"], "d"),
      node("MatMul", ["x", "d"], "y"),
    );
    expect(int8ProductsOf(stored, 17)).toBe("none");
    const biased = level(
      { b: int32 },
      node("QuantizeLinear", ["x", "s", "z"], "q"),
      node("DequantizeLinear", ["b", "s", "z"], "d"),
    );
    expect(int8ProductsOf(biased, 17)).toBe("none");
  });

  test("takes the worst of several products, also of those in branches", () => {
    const branch = level({ w: int8 }, node("MatMulInteger", ["x", "w"], "b"));
    const whole = level({ u: uint8 }, node("MatMulInteger", ["x", "u"], "y"), {
      ...node("If", ["c"], "z"),
      subgraphs: [branch],
    });
    expect(int8ProductsOf(whole, 17)).toBe("widenable");
  });
});

test.each([
  ["none", "saturating", "float"],
  ["unsigned", "saturating", "int8"],
  ["widenable", "exact", "int8"],
  ["not-widenable", "exact", "int8"],
  ["widenable", "exact-if-widened", "int8-widened"],
  ["not-widenable", "exact-if-widened", "int8-saturating"],
  ["widenable", "saturating", "int8-saturating"],
] as const)("products that are %s on %s kernels are %s", (products, kernels, arithmetic) => {
  expect(arithmeticOf(products, kernels)).toBe(arithmetic);
});
