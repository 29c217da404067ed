import { open, type FileHandle } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import {
  int8ProductsOf,
  levelsBelow,
  type GraphLevel,
  type GraphNode,
  type Int8Products,
} from "./int8-products.ts";
import { requireContent } from "./lfs-pointer.ts";

/** Facts about an ONNX file that are known without running it. */
export interface GraphFacts {
  /** Names of the graph's inputs, in the graph's order. */
  readonly inputs: readonly string[];
  /** Names of its outputs, in the same order. */
  readonly outputs: readonly string[];
  /** Files beside the graph that hold its weights, by their relative names. */
  readonly externalData: readonly string[];
  /** Minimum size of each of them in bytes. */
  readonly externalBytes: ReadonlyMap<string, number>;
  /** Whether activation scales are computed per tensor, so that a row's result depends on the other rows. */
  readonly isDynamicallyQuantized: boolean;
  /** Which int8 products the graph contains; some saturate on some processors. */
  readonly int8Products: Int8Products;
}

/**
 * Walks the protobuf structure of an ONNX file without loading its weights. Reaching the operator set, which
 * follows the graph, proves that the file is complete.
 *
 * @throws `model-damaged` if the file is truncated, is not an ONNX graph, is a Git LFS pointer, or refers to
 * weights outside its folder
 * @see `onnx.proto`, messages ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto
 */
export async function inspectGraph(path: string): Promise<GraphFacts> {
  await requireContent(path);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const reader = new WindowedReader(file, path);
    const externalBytes = new Map<string, number>();
    let graph: GraphLevel | undefined;
    let formatVersion = 0;
    const functions: GraphLevel[] = [];
    const versions = new Map<string, number>();
    for await (const top of fieldsOf(reader, 0, size)) {
      if (top.number === modelFormat) formatVersion = (await reader.varint(top.start)).value;
      if (top.wire !== lengthDelimited) continue;
      if (top.number === modelOperatorSet) {
        versions.set(await textOf(reader, top, setDomain), await numberOf(reader, top, setVersion));
      }
      if (top.number === modelGraph) graph = await readLevel(reader, top, { externalBytes });
      if (top.number === modelFunction) functions.push(await readFunction(reader, top));
    }
    if (graph === undefined || graph.nodes.length === 0)
      throw damaged(path, "it contains no graph");
    if (versions.size === 0) throw damaged(path, "it is truncated");
    const levels = [graph, ...functions].flatMap(levelsBelow);
    return {
      inputs: graph.inputs,
      outputs: graph.outputs,
      externalData: [...externalBytes.keys()],
      externalBytes,
      isDynamicallyQuantized: levels.some(({ nodes }) =>
        nodes.some(({ operator }) => dynamicOperators.has(operator)),
      ),
      int8Products: int8ProductsOf({
        graph,
        functions,
        formatVersion,
        // The default domain has two names.
        operatorSet: versions.get("") ?? versions.get("ai.onnx") ?? 0,
      }),
    };
  } finally {
    await file.close();
  }
}

interface LevelContext {
  /** Collects the files in which the level keeps weights. */
  readonly externalBytes: Map<string, number>;
  /** Nesting depth of the level. */
  readonly depth?: number;
}

/** Far more than any exporter nests. */
const mostLevels = 64;

/** Reads a graph or subgraph. */
async function readLevel(
  reader: WindowedReader,
  message: Field,
  { externalBytes, depth = 0 }: LevelContext,
): Promise<GraphLevel> {
  if (depth > mostLevels) throw damaged(reader.path, `it nests more than ${mostLevels} subgraphs`);
  const [inputs, outputs] = [new Array<string>(), new Array<string>()];
  const initializers = new Map<string, number>();
  const nodes: GraphNode[] = [];
  for await (const part of fieldsOf(reader, message.start, message.end)) {
    if (part.number === graphInput || part.number === graphOutput) {
      const names = part.number === graphInput ? inputs : outputs;
      names.push(await textOf(reader, part, valueName));
    } else if (part.number === graphNode) {
      nodes.push(await readNode(reader, part, { externalBytes, depth }));
    } else if (part.number === graphInitializer) {
      const name = await textOf(reader, part, tensorName);
      initializers.set(name, await numberOf(reader, part, tensorType));
      const { location, end } = await externalPart(reader, part);
      if (location === undefined) continue;
      if (isOutside(location))
        throw damaged(reader.path, `its weights are outside its folder: ${excerptOf(location)}`);
      externalBytes.set(location, Math.max(externalBytes.get(location) ?? 0, end));
    }
  }
  return { inputs, outputs, initializers, nodes };
}

async function readNode(
  reader: WindowedReader,
  message: Field,
  { externalBytes, depth = 0 }: LevelContext,
): Promise<GraphNode> {
  const node = { operator: "", inputs: new Array<string>(), outputs: new Array<string>() };
  const subgraphs: GraphLevel[] = [];
  for await (const field of fieldsOf(reader, message.start, message.end)) {
    if (field.number === nodeInput) node.inputs.push(await reader.text(field.start, field.end));
    if (field.number === nodeOutput) node.outputs.push(await reader.text(field.start, field.end));
    if (field.number === nodeOperator) node.operator = await reader.text(field.start, field.end);
    if (field.number !== nodeAttribute) continue;
    for await (const part of fieldsOf(reader, field.start, field.end)) {
      if (part.number !== attributeGraph && part.number !== attributeGraphs) continue;
      subgraphs.push(await readLevel(reader, part, { externalBytes, depth: depth + 1 }));
    }
  }
  return { ...node, subgraphs };
}

/** Reads the body of a function, whose inputs have names only. */
async function readFunction(reader: WindowedReader, message: Field): Promise<GraphLevel> {
  const inputs: string[] = [];
  const nodes: GraphNode[] = [];
  for await (const part of fieldsOf(reader, message.start, message.end)) {
    if (part.number === functionInput) inputs.push(await reader.text(part.start, part.end));
    if (part.number !== functionNode) continue;
    nodes.push(await readNode(reader, part, { externalBytes: new Map() }));
  }
  return { inputs, outputs: [], initializers: new Map(), nodes };
}

/** MatMulNBits is not among them: its activation scales are computed per row and block. */
const dynamicOperators: ReadonlySet<string> = new Set([
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
  "DynamicQuantizeLSTM",
]);
const [modelFormat, modelGraph, modelOperatorSet, modelFunction] = [1, 7, 8, 25];
const [graphNode, graphInitializer, graphInput, graphOutput] = [1, 5, 11, 12];
const [functionInput, functionNode] = [4, 7];
const [nodeInput, nodeOutput, nodeOperator, nodeAttribute] = [1, 2, 4, 5];
const [attributeGraph, attributeGraphs] = [6, 11];
const [tensorType, tensorName, tensorExternalData] = [2, 8, 13];
const [setDomain, setVersion, valueName, entryKey, entryValue] = [1, 2, 1, 1, 2];
const [varint, fixed64, lengthDelimited, fixed32] = [0, 1, 2, 5];

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly start: number;
  readonly end: number;
}

/** Yields the fields of a message in order; refuses a field that would end after its message. */
async function* fieldsOf(
  reader: WindowedReader,
  start: number,
  end: number,
): AsyncGenerator<Field> {
  let position = start;
  while (position < end) {
    const tag = await reader.varint(position);
    const wire = tag.value % 8;
    let next = tag.next;
    let contentStart = next;
    if (wire === varint) next = (await reader.varint(next)).next;
    else if (wire === fixed64) next += 8;
    else if (wire === fixed32) next += 4;
    else if (wire === lengthDelimited) {
      const length = await reader.varint(next);
      contentStart = length.next;
      next = length.next + length.value;
    } else throw damaged(reader.path, `its structure is invalid at byte ${position}`);
    if (next > end) throw damaged(reader.path, `at least ${next - end} bytes are missing`);
    yield { number: Math.floor(tag.value / 8), wire, start: contentStart, end: next };
    position = next;
  }
}

async function textOf(reader: WindowedReader, message: Field, number: number): Promise<string> {
  for await (const field of fieldsOf(reader, message.start, message.end)) {
    if (field.number === number) return reader.text(field.start, field.end);
  }
  return "";
}

async function numberOf(reader: WindowedReader, message: Field, number: number): Promise<number> {
  for await (const field of fieldsOf(reader, message.start, message.end)) {
    if (field.number === number) return (await reader.varint(field.start)).value;
  }
  return 0;
}

/**
 * The file with a tensor's values and the offset where they end; `undefined` if the values are in the graph.
 */
async function externalPart(
  reader: WindowedReader,
  tensor: Field,
): Promise<{ readonly location: string | undefined; readonly end: number }> {
  const entries = new Map<string, string>();
  for await (const field of fieldsOf(reader, tensor.start, tensor.end)) {
    if (field.number !== tensorExternalData) continue;
    entries.set(await textOf(reader, field, entryKey), await textOf(reader, field, entryValue));
  }
  const [offset, length] = [entries.get("offset") ?? 0, entries.get("length") ?? 0];
  return { location: entries.get("location"), end: Number(offset) + Number(length) };
}

/** A graph from the hub must not refer to files outside its folder. */
function isOutside(location: string): boolean {
  return isAbsolute(location) || /^$|\\|:|\p{Cc}|(^|\/)\.\.(\/|$)/u.test(location);
}

/** Reads a file by position through a small window, so that weights are skipped without reading them. */
class WindowedReader {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #window = Buffer.alloc(1 << 16);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.path = path;
  }

  async varint(position: number): Promise<{ value: number; next: number }> {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = await this.#byte(position + index);
      value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return { value, next: position + index + 1 };
    }
    throw damaged(this.path, `its structure is invalid at byte ${position}`);
  }

  async text(start: number, end: number): Promise<string> {
    if (end - start > this.#window.length) throw damaged(this.path, "a name in it is too long");
    if (start < this.#start || end > this.#start + this.#length) await this.#move(start);
    return this.#window.toString("utf8", start - this.#start, end - this.#start);
  }

  async #byte(position: number): Promise<number> {
    if (position < this.#start || position >= this.#start + this.#length) {
      await this.#move(position);
    }
    const byte = this.#window[position - this.#start];
    if (this.#length > 0 && byte !== undefined) return byte;
    throw damaged(this.path, "it ends too early");
  }

  async #move(position: number): Promise<void> {
    const { bytesRead } = await this.#file.read(this.#window, 0, this.#window.length, position);
    this.#start = position;
    this.#length = bytesRead;
  }
}

function damaged(path: string, reason: string): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected a whole ONNX graph in ${path}, but ${reason}: delete the file and fetch it again.`,
  );
}
