import { setImmediate } from "node:timers/promises";
import { bytesOf, type CheckedWriter } from "./checked-file.ts";

type Extent = readonly [start: number, bytes: number];

/** Values per line of JSON: few enough to parse a line without blocking the event loop. */
const valuesPerLine = 1000;
const directoryExtentBytes = 16;

/** Writes named sections one after the other, and a directory of their offsets at the end. */
export class SectionWriter {
  readonly #writer: CheckedWriter;
  readonly #extents = new Map<string, Extent>();

  constructor(writer: CheckedWriter) {
    this.#writer = writer;
  }

  async put(name: string, pieces: Iterable<Uint8Array>): Promise<void> {
    await this.#writer.align();
    const start = this.#writer.length;
    for (const piece of pieces) await this.#writer.append(piece);
    this.#extents.set(name, [start, this.#writer.length - start]);
  }

  putIntegers(name: string, numbers: Iterable<number>): Promise<void> {
    return this.put(name, [bytesOf(Int32Array.from(numbers))]);
  }

  putValues(name: string, values: readonly unknown[]): Promise<void> {
    return this.put(name, jsonLines(values));
  }

  /** Writes the directory of all sections. */
  async finish(): Promise<void> {
    const directory = new TextEncoder().encode(JSON.stringify([...this.#extents]));
    await this.put("directory", [directory]);
    await this.#writer.align();
    await this.#writer.append(bytesOf(Float64Array.from(this.#extents.get("directory") ?? [])));
  }
}

/** Reads what a `SectionWriter` wrote; throws if the buffer holds anything else. */
export class SectionReader {
  readonly #buffer: ArrayBuffer;
  readonly #extents: ReadonlyMap<string, Extent>;

  /** `buffer` has the bytes of the file from `origin` on; the sections end at byte `end` of it. */
  constructor(buffer: ArrayBuffer, end: number, origin = 0) {
    const [start = 0, bytes = 0] = new Float64Array(buffer, end - directoryExtentBytes, 2);
    const directory: unknown = JSON.parse(
      new TextDecoder().decode(new Uint8Array(buffer, start - origin, bytes)),
    );
    if (!isDirectory(directory)) throw new TypeError("The section directory is invalid.");
    this.#buffer = buffer;
    this.#extents = new Map(
      directory.map(([name, [from, length]]) => [name, [from - origin, length]]),
    );
  }

  has(name: string): boolean {
    return this.#extents.has(name);
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(this.#buffer, ...this.#extentOf(name));
  }

  integers(name: string): Int32Array {
    const [start, bytes] = this.#extentOf(name);
    return new Int32Array(this.#buffer, start, bytes / Int32Array.BYTES_PER_ELEMENT);
  }

  unsigned(name: string): Uint32Array {
    const [start, bytes] = this.#extentOf(name);
    return new Uint32Array(this.#buffer, start, bytes / Uint32Array.BYTES_PER_ELEMENT);
  }

  unsignedShort(name: string): Uint16Array {
    const [start, bytes] = this.#extentOf(name);
    return new Uint16Array(this.#buffer, start, bytes / Uint16Array.BYTES_PER_ELEMENT);
  }

  fractions(name: string): Float64Array {
    const [start, bytes] = this.#extentOf(name);
    return new Float64Array(this.#buffer, start, bytes / Float64Array.BYTES_PER_ELEMENT);
  }

  /** Yields the values that were written, line by line, with pauses for other work. */
  async *values(name: string): AsyncGenerator {
    const bytes = this.bytes(name);
    const decoder = new TextDecoder();
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(newLine, start);
      const line: unknown = JSON.parse(decoder.decode(bytes.subarray(start, end)));
      if (!Array.isArray(line))
        throw new TypeError(`The section ${name} does not hold lists of values.`);
      yield* line;
      start = end + 1;
      await setImmediate();
    }
  }

  #extentOf(name: string): Extent {
    const extent = this.#extents.get(name);
    if (extent) return extent;
    throw new TypeError(`The section ${name} is missing.`);
  }
}

const newLine = 0x0a;

function* jsonLines(values: readonly unknown[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let start = 0; start < values.length; start += valuesPerLine) {
    yield encoder.encode(`${JSON.stringify(values.slice(start, start + valuesPerLine))}\n`);
  }
}

function isDirectory(value: unknown): value is [string, Extent][] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry) =>
        Array.isArray(entry) &&
        typeof entry[0] === "string" &&
        Array.isArray(entry[1]) &&
        entry[1].length === 2 &&
        entry[1].every(Number.isInteger),
    )
  );
}
