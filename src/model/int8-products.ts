/** One level of a graph: a subgraph sees the constants of the levels around it, too. */
export interface GraphLevel {
  /** Names of what is fed in; an initializer among them can be replaced by a feed, so it is no constant. */
  readonly inputs: readonly string[];
  /** Data types of the initializers by name, in the numbers of `TensorProto.DataType`. */
  readonly initializers: ReadonlyMap<string, number>;
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  readonly operator: string;
  /** In the operator's order, "" for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Branches and bodies of If, Loop and Scan. */
  readonly subgraphs: readonly GraphLevel[];
}

/**
 * Which products of bytes a graph asks for: none; of unsigned bytes only, which no kernel saturates; of
 * unsigned by signed bytes that ONNX Runtime can all rewrite for kernels with wider sums; or of some that
 * it cannot.
 */
export type Int8Products = "none" | "unsigned" | "widenable" | "not-widenable";

const order: readonly Int8Products[] = ["none", "unsigned", "widenable", "not-widenable"];
const [uint8, int8] = [2, 3];

/**
 * Looks at the second factor of every quantised product, as ONNX Runtime's rewriting does: it takes a
 * constant of the same level, whatever computes it from constants, and no newer form of QLinearMatMul.
 *
 * @param operatorSet version of the default operator set
 * @see `avx2_weight_s8_to_u8.cc` and `qdq_s8_to_u8.cc` in ONNX Runtime 1.30, and their effect, measured on
 * each of these operators with and without the option
 */
export function int8ProductsOf(level: GraphLevel, operatorSet: number): Int8Products {
  const producers = new Map(
    level.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const constants = constantsOf(level);
  const factor = (name: string): Int8Products => {
    const producer = producers.get(name);
    if (producer?.operator === "DynamicQuantizeLinear") return "unsigned";
    if (producer?.operator === "QuantizeLinear") {
      const type = level.initializers.get(producer.inputs[2] ?? "") ?? uint8;
      return type === uint8 ? "unsigned" : "not-widenable";
    }
    const type = level.initializers.get(name) ?? int8;
    if (type === uint8) return "unsigned";
    if (type !== int8) return "none"; // A bias, or numbers of another width.
    return constants.has(name) ? "widenable" : "not-widenable";
  };
  // Dequantised weights become an int8 product only beside quantised activations, which the runtime keeps unsigned.
  const quantizesActivations = level.nodes.some(({ operator }) => operator === "QuantizeLinear");
  const isQuantized = (name: string): boolean => producers.get(name)?.operator === "QuantizeLinear";

  const products = level.nodes.flatMap(({ operator, inputs, subgraphs }): Int8Products[] => {
    const below = subgraphs.map((subgraph) => int8ProductsOf(subgraph, operatorSet));
    if (operator === "DequantizeLinear") {
      const [name = ""] = inputs;
      if (!quantizesActivations) return below;
      return [...below, isQuantized(name) ? "unsigned" : factor(name)];
    }
    const own = (weightInputs.get(operator) ?? []).map((index) => factor(inputs[index] ?? ""));
    const isTooNew = operator === "QLinearMatMul" && operatorSet >= 21;
    return [
      ...below,
      ...own.map((each) => (isTooNew && each === "widenable" ? "not-widenable" : each)),
    ];
  });
  return products.reduce(
    (worst, each) => (order.indexOf(each) > order.indexOf(worst) ? each : worst),
    "none",
  );
}

/** What is computed from constants alone; nodes stand in an order in which they can be computed. */
function constantsOf({ inputs, initializers, nodes }: GraphLevel): ReadonlySet<string> {
  const replaceable = new Set(inputs);
  const constants = new Set([...initializers.keys()].filter((name) => !replaceable.has(name)));
  for (const node of nodes) {
    if (node.operator === "DynamicQuantizeLinear") continue;
    if (!node.inputs.every((name) => name === "" || constants.has(name))) continue;
    for (const name of node.outputs) constants.add(name);
  }
  return constants;
}

/** Where the operators that multiply bytes take their second factor from. */
const weightInputs: ReadonlyMap<string, readonly number[]> = new Map([
  ["MatMulInteger", [1]],
  ["MatMulIntegerToFloat", [1]],
  ["DynamicQuantizeMatMul", [1]],
  ["QAttention", [1]],
  ["ConvInteger", [1]],
  ["QLinearMatMul", [3]],
  ["QLinearConv", [3]],
  ["QGemm", [3]],
  ["DynamicQuantizeLSTM", [1, 2]],
]);
