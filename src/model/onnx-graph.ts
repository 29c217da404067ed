import { open, type FileHandle } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { RetrievalError } from "../errors.ts";

/** What can be known of an ONNX file without running it. */
export interface GraphFacts {
  /** Names of the graph's inputs, in its order. */
  readonly inputs: readonly string[];
  /** Files beside the graph that hold its weights, by their relative names. */
  readonly externalData: readonly string[];
  /** How many bytes each of them holds at least. */
  readonly externalBytes: ReadonlyMap<string, number>;
  /** Activation scales are computed per tensor, so a row's result depends on the rows beside it. */
  readonly isDynamicallyQuantized: boolean;
}

/**
 * Walks the protobuf structure of an ONNX file without loading its weights, and so proves on the way
 * that the file is whole: the graph, and behind it the operator set without which nothing runs.
 *
 * @throws `model-damaged` where the file is cut off, is no ONNX graph, or names weights outside its folder
 * @see `onnx.proto`, messages ModelProto, GraphProto, NodeProto, TensorProto
 */
export async function inspectGraph(path: string): Promise<GraphFacts> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const reader = new WindowedReader(file, path);
    const inputs: string[] = [];
    const externalBytes = new Map<string, number>();
    let operators = 0;
    let operatorSets = 0;
    let isDynamicallyQuantized = false;
    for await (const top of fieldsOf(reader, 0, size)) {
      if (top.number === modelOperatorSet) operatorSets += 1;
      if (top.number !== modelGraph || top.wire !== lengthDelimited) continue;
      for await (const part of fieldsOf(reader, top.start, top.end)) {
        if (part.number === graphInput) {
          inputs.push(await textOf(reader, part, valueName));
        } else if (part.number === graphNode) {
          operators += 1;
          isDynamicallyQuantized ||= dynamicOperators.has(await textOf(reader, part, nodeOperator));
        } else if (part.number === graphInitializer) {
          const { location, end } = await externalPart(reader, part);
          if (location === undefined) continue;
          if (isOutside(location)) throw damaged(path, `its weights lie elsewhere: ${location}`);
          externalBytes.set(location, Math.max(externalBytes.get(location) ?? 0, end));
        }
      }
    }
    if (operators === 0) throw damaged(path, "it holds no graph");
    if (operatorSets === 0) throw damaged(path, "its end is missing");
    const externalData = [...externalBytes.keys()];
    return { inputs, externalData, externalBytes, isDynamicallyQuantized };
  } finally {
    await file.close();
  }
}

const dynamicOperators: ReadonlySet<string> = new Set([
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
  "DynamicQuantizeLSTM",
]);
const [modelGraph, modelOperatorSet, graphNode, graphInitializer, graphInput] = [7, 8, 1, 5, 11];
const [nodeOperator, valueName, tensorExternalData, entryKey, entryValue] = [4, 1, 13, 1, 2];
const [varint, fixed64, lengthDelimited, fixed32] = [0, 1, 2, 5];

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly start: number;
  readonly end: number;
}

/** The fields of one message in order; refuses one that would end behind its message. */
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
    } else throw damaged(reader.path, `its structure breaks at byte ${position}`);
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

/** The file that holds a tensor's values, and where in it they end; no file where the graph holds them. */
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

/** A graph from the hub must not lead to files that are not its own. */
function isOutside(location: string): boolean {
  return isAbsolute(location) || /^$|\\|:|(^|\/)\.\.(\/|$)/.test(location);
}

/** Reads a file by position through one small window, so that weights are stepped over unread. */
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
    for (let place = 0; place < 10; place++) {
      const byte = await this.#byte(position + place);
      value += (byte & 127) * 2 ** (7 * place);
      if (byte < 128) return { value, next: position + place + 1 };
    }
    throw damaged(this.path, `its structure breaks at byte ${position}`);
  }

  async text(start: number, end: number): Promise<string> {
    const bytes = Buffer.alloc(end - start);
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, start);
    return bytes.toString("utf8", 0, bytesRead);
  }

  async #byte(position: number): Promise<number> {
    if (position < this.#start || position >= this.#start + this.#length) {
      const { bytesRead } = await this.#file.read(this.#window, 0, this.#window.length, position);
      this.#start = position;
      this.#length = bytesRead;
    }
    const byte = this.#window[position - this.#start];
    if (this.#length > 0 && byte !== undefined) return byte;
    throw damaged(this.path, "it ends too early");
  }
}

function damaged(path: string, reason: string): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected a whole ONNX graph in ${path}, but ${reason}: delete the file and fetch it again.`,
  );
}
