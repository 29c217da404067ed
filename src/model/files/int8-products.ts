import type { Arithmetic } from "../../ranking/arithmetic.ts";

/** One level of a graph; a subgraph also sees the constants of the levels around it. */
export interface GraphLevel {
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Names of the outputs; empty for a function. */
  readonly outputs: readonly string[];
  /** Data types of the initializers by name, as numbers of `TensorProto.DataType`. */
  readonly initializers: ReadonlyMap<string, number>;
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  readonly operator: string;
  /** In the operator's order; "" for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Branches and bodies of If, Loop and Scan. */
  readonly subgraphs: readonly GraphLevel[];
}

/** The parts of an ONNX model that decide how it multiplies. */
export interface GraphModel {
  readonly graph: GraphLevel;
  /** Bodies of the model's own functions, which the runtime inlines. */
  readonly functions: readonly GraphLevel[];
  /** Version of the default operator set. */
  readonly operatorSet: number;
  /** Version of the file format: before version 4, every initializer is also an input. */
  readonly formatVersion: number;
}

/**
 * Which int8 products a model contains: none; unsigned bytes only, which no kernel saturates; unsigned by
 * signed bytes, all of which ONNX Runtime can rewrite for kernels with wider sums; or some that it cannot
 * rewrite or that are not known to be rewritable.
 */
export type Int8Products = "none" | "unsigned" | "widenable" | "not-widenable";

/**
 * How the runtime's CPU kernels sum products of unsigned and signed bytes on this processor: exactly; exactly
 * if told to widen; or always clipped to 16 bits.
 */
export type Int8Kernels = "exact" | "exact-if-widened" | "saturating";

const order: readonly Int8Products[] = ["none", "unsigned", "widenable", "not-widenable"];
const [uint8, int8] = [2, 3];

/** A level with the facts known about its names, and the level around it. */
interface Scope {
  readonly level: GraphLevel;
  readonly producers: ReadonlyMap<string, GraphNode>;
  /** Names that are computed from constants of this level alone. */
  readonly constants: ReadonlySet<string>;
  readonly outer: Scope | undefined;
}

/**
 * Checks the second factor of every quantised product by the rules of ONNX Runtime's rewriting: the factor must
 * be a constant of the same level, possibly computed from constants, and QLinearMatMul must not be of a newer
 * operator set.
 *
 * @see `avx2_weight_s8_to_u8.cc` and `qdq_s8_to_u8.cc` in ONNX Runtime 1.30, and their effect, measured on each
 * of these operators with and without the option
 */
export function int8ProductsOf(model: GraphModel): Int8Products {
  const levels = [model.graph, ...model.functions].flatMap(levelsBelow);
  const quantizesActivations = levels.some(({ nodes }) =>
    nodes.some(({ operator }) => quantizers.has(operator)),
  );
  const products: Int8Products[] = [];
  const look = (level: GraphLevel, outer: Scope | undefined, isFunction: boolean): void => {
    const replaceable = isFunction || model.formatVersion < 4 ? [] : level.inputs;
    // Arguments of a function call count as constants, as weights usually are.
    const given = isFunction && outer === undefined ? level.inputs : [];
    const scope = scopeOf(level, { replaceable, given, outer });
    for (const { operator, inputs, subgraphs } of level.nodes) {
      for (const subgraph of subgraphs) look(subgraph, scope, isFunction);
      if (operator === "DequantizeLinear") {
        // Dequantised weights become an int8 product if the activations are quantised, too.
        const [name = ""] = inputs;
        if (quantizesActivations && isWeight(name, scope))
          products.push(factor(name, scope, model));
      }
      for (const index of weightInputs.get(operator) ?? []) {
        const product = factor(inputs[index] ?? "", scope, model);
        const isTooNew = operator === "QLinearMatMul" && model.operatorSet >= 21;
        products.push(isTooNew && product === "widenable" ? "not-widenable" : product);
      }
    }
  };
  look(model.graph, undefined, false);
  for (const body of model.functions) look(body, undefined, true);
  return products.reduce(
    (worst, each) => (order.indexOf(each) > order.indexOf(worst) ? each : worst),
    "none",
  );
}

/** How these kernels compute a graph's products if the runtime is told to widen whenever that helps. */
export function arithmeticOf(products: Int8Products, kernels: Int8Kernels): Arithmetic {
  if (products === "none") return "float";
  if (products === "unsigned" || kernels === "exact") return "int8";
  const isWidened = products === "widenable" && kernels === "exact-if-widened";
  return isWidened ? "int8-widened" : "int8-saturating";
}

/** A graph and its subgraphs, at any depth. */
export function levelsBelow(level: GraphLevel): GraphLevel[] {
  const found = [level];
  // The list grows during the loop; a recursion could overflow the stack.
  for (const { nodes } of found) for (const node of nodes) found.push(...node.subgraphs);
  return found;
}

function factor(name: string, scope: Scope, { operatorSet }: GraphModel): Int8Products {
  const type = typeOf(name, scope);
  if (type === uint8) return "unsigned";
  if (type !== undefined && type !== int8) return "none"; // A bias, or numbers of another width.
  if (scope.constants.has(name)) return "widenable";
  const producer = scope.producers.get(name);
  if (producer?.operator === "DynamicQuantizeLinear") return "unsigned";
  if (producer?.operator === "QuantizeLinear") {
    const [, , zeroPoint = ""] = producer.inputs;
    // From operator set 21 on, an attribute may choose the type if there is no zero point.
    if (zeroPoint === "") return operatorSet < 21 ? "unsigned" : "not-widenable";
    return typeOf(zeroPoint, scope) === uint8 ? "unsigned" : "not-widenable";
  }
  return "not-widenable";
}

/** Whether a name may be a weight: a constant of this level, or a value from a level around it. */
function isWeight(name: string, scope: Scope): boolean {
  if (scope.constants.has(name)) return true;
  const isKnownHere = scope.producers.has(name) || scope.level.inputs.includes(name);
  return !isKnownHere || scope.level.initializers.has(name);
}

/** The data type of an initializer of this level or one around it. */
function typeOf(name: string, scope: Scope | undefined): number | undefined {
  if (scope === undefined) return undefined;
  return scope.level.initializers.get(name) ?? typeOf(name, scope.outer);
}

/** Nodes are in topological order, so constants are known before they are used. */
function scopeOf(
  level: GraphLevel,
  {
    replaceable,
    given,
    outer,
  }: {
    readonly replaceable: readonly string[];
    readonly given: readonly string[];
    readonly outer: Scope | undefined;
  },
): Scope {
  const fed = new Set(replaceable);
  const constants = new Set([...level.initializers.keys()].filter((name) => !fed.has(name)));
  for (const name of given) constants.add(name);
  const producers = new Map<string, GraphNode>();
  for (const node of level.nodes) {
    for (const name of node.outputs) producers.set(name, node);
    if (node.operator === "DynamicQuantizeLinear") continue;
    if (!node.inputs.every((name) => name === "" || constants.has(name))) continue;
    for (const name of node.outputs) constants.add(name);
  }
  return { level, producers, constants, outer };
}

const quantizers: ReadonlySet<string> = new Set(["QuantizeLinear", "DynamicQuantizeLinear"]);

/** Which inputs are the second factor of each operator that multiplies bytes. */
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
