import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  arithmeticOf,
  int8ProductsOf,
  type GraphLevel,
  type GraphModel,
  type GraphNode,
  type Int8Products,
} from "../../../src/model/files/int8-products.ts";
import { inspectGraph } from "../../../src/model/files/onnx-graph.ts";
import { int8Golden } from "../../fixtures/golden.ts";

const graphs = join(import.meta.dirname, "../../fixtures/graphs/int8");
const [uint8, int8, int32] = [2, 3, 6];

function node(operator: string, inputs: readonly string[], output: string): GraphNode {
  return { operator, inputs, outputs: [output], subgraphs: [] };
}

function level(
  initializers: Readonly<Record<string, number>>,
  ...nodes: readonly GraphNode[]
): GraphLevel {
  return {
    inputs: ["x"],
    outputs: ["y"],
    initializers: new Map(Object.entries(initializers)),
    nodes,
  };
}

function productsOf(graph: GraphLevel, other: Partial<GraphModel> = {}): Int8Products {
  return int8ProductsOf({ graph, functions: [], operatorSet: 17, formatVersion: 8, ...other });
}

describe("int8ProductsOf", () => {
  test.each(int8Golden.graphs)("finds in $name: $products", async ({ name, products }) => {
    expect((await inspectGraph(join(graphs, `${name}.onnx`))).int8Products).toBe(products);
  });

  test("finds nothing that saturates in a product of two activations", () => {
    const product = level(
      {},
      node("DynamicQuantizeLinear", ["x"], "a"),
      node("MatMulInteger", ["a", "a"], "y"),
    );
    expect(productsOf(product)).toBe("unsigned");
  });

  test("takes signed activations as second factor for what cannot be rewritten", () => {
    const quantized = [node("QuantizeLinear", ["x", "scale", "zero"], "a")];
    const product = node("MatMulInteger", ["x", "a"], "y");
    expect(productsOf(level({ zero: int8 }, ...quantized, product))).toBe("not-widenable");
    expect(productsOf(level({ zero: uint8 }, ...quantized, product))).toBe("unsigned");
  });

  test("does not guess the type of activations that no initializer shows", () => {
    const product = node("MatMulInteger", ["x", "a"], "y");
    const computed = level(
      {},
      node("Constant", [], "zero"),
      node("QuantizeLinear", ["x", "scale", "zero"], "a"),
      product,
    );
    expect(productsOf(computed)).toBe("not-widenable");
    const byAttribute = level({}, node("QuantizeLinear", ["x", "scale"], "a"), product);
    expect(productsOf(byAttribute, { operatorSet: 21 })).toBe("not-widenable");
    expect(productsOf(byAttribute, { operatorSet: 20 })).toBe("unsigned");
  });

  test("leaves out weights that are only stored in bytes, biases, and results", () => {
    const stored = level(
      { w: int8 },
      node("DequantizeLinear", ["w", "s", "z"], "d"),
      node("MatMul", ["x", "d"], "y"),
    );
    expect(productsOf(stored)).toBe("none");
    const biased = level(
      { b: int32 },
      node("QuantizeLinear", ["x", "s", "z"], "q"),
      node("DequantizeLinear", ["b", "s", "z"], "d"),
    );
    expect(productsOf(biased)).toBe("none");
    const operators = level(
      { w: int8 },
      node("QuantizeLinear", ["x", "s", "z"], "q"),
      node("QLinearMatMul", ["q", "s", "z", "w", "s", "z", "s", "z"], "r"),
      node("DequantizeLinear", ["r", "s", "z"], "y"),
    );
    expect(productsOf(operators)).toBe("widenable");
  });

  test("sees quantised activations of any level, by either quantiser", () => {
    const weights = [
      node("DequantizeLinear", ["w", "s", "z"], "d"),
      node("MatMul", ["x", "d"], "y"),
    ];
    const dynamic = level({ w: int8 }, node("DynamicQuantizeLinear", ["x"], "q"), ...weights);
    expect(productsOf(dynamic)).toBe("widenable");
    const branch = { ...level({}, ...weights), inputs: [] };
    const around = level({ w: int8 }, node("QuantizeLinear", ["x", "s", "z"], "q"), {
      ...node("If", ["c"], "z"),
      subgraphs: [branch],
    });
    expect(productsOf(around)).toBe("not-widenable");
  });

  test("takes the worst of several products, also of those in branches and functions", () => {
    const product = level({ w: int8 }, node("MatMulInteger", ["x", "w"], "b"));
    const unsigned = level({ u: uint8 }, node("MatMulInteger", ["x", "u"], "y"));
    const branched = {
      ...unsigned,
      nodes: [...unsigned.nodes, { ...node("If", ["c"], "z"), subgraphs: [product] }],
    };
    expect(productsOf(branched)).toBe("widenable");
    const body = { ...level({}, node("MatMulInteger", ["x", "w"], "b")), inputs: ["x", "w"] };
    expect(productsOf(unsigned, { functions: [body] })).toBe("widenable");
  });

  test("knows unsigned weights of the level around, and inputs that the old format lists for all", () => {
    const branch = { ...level({}, node("MatMulInteger", ["x", "u"], "b")), inputs: [] };
    const around = level({ u: uint8 }, { ...node("If", ["c"], "z"), subgraphs: [branch] });
    expect(productsOf(around)).toBe("unsigned");
    const listed = {
      ...level({ w: int8 }, node("MatMulInteger", ["x", "w"], "y")),
      inputs: ["x", "w"],
    };
    expect(productsOf(listed, { formatVersion: 3 })).toBe("widenable");
    expect(productsOf(listed)).toBe("not-widenable");
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
