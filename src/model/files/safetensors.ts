import { open, type FileHandle } from "node:fs/promises";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import { halfToFloat } from "../tokens/half-float.ts";
import { requireContent } from "./lfs-pointer.ts";

/** A tensor of a safetensors file, its numbers converted to single precision. */
export interface LoadedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Where a tensor is in its file. */
interface TensorPlace {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the beginning of the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads all tensors of a file, which must be of type F32, F16 or BF16.
 *
 * @throws `model-damaged` as `inspectSafetensors`, and for NaN and infinity; `model-mismatch` for another type
 */
export async function readSafetensors(path: string): Promise<ReadonlyMap<string, LoadedTensor>> {
  const places = await inspectSafetensors(path);
  const tensors = new Map<string, LoadedTensor>();
  const file = await open(path);
  try {
    for (const [name, { dtype, shape, start, end }] of places) {
      const decode = decoders.get(dtype);
      if (!decode) {
        throw new RetrievalError(
          "model-mismatch",
          `Expected weights of type ${[...decoders.keys()].join(", ")} in ${path}, got ${dtype} for ${excerptOf(name)}: save the model in float32.`,
        );
      }
      const values = decode(await bytesOf(file, path, start, end));
      if (!values.every(Number.isFinite)) {
        throw damaged(path, `${excerptOf(name)} holds NaN or infinity`);
      }
      tensors.set(name, { shape, values });
    }
  } finally {
    await file.close();
  }
  return tensors;
}

/**
 * Reads the header of a safetensors file: the length of a JSON object in 8 bytes, the object, then the tensors
 * one after the other.
 *
 * @throws `model-damaged` if the file is truncated or a Git LFS pointer, or if its tensors overlap, leave gaps,
 * exceed the file, or differ in size from their shape
 * @see "Format" in the documentation of safetensors, https://github.com/huggingface/safetensors
 */
export async function inspectSafetensors(path: string): Promise<ReadonlyMap<string, TensorPlace>> {
  await requireContent(path);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size < lengthBytes) throw damaged(path, "it ends in its header");
    const length = (await bytesOf(file, path, 0, lengthBytes)).readBigUInt64LE();
    const first = lengthBytes + Number(length);
    if (length > longestHeader || first > size) throw damaged(path, "it ends in its header");
    const header = (await bytesOf(file, path, lengthBytes, first)).toString("utf8");
    return placesIn(parsed(header, path), { path, first, size });
  } finally {
    await file.close();
  }
}

const lengthBytes = 8;
/** The limit of the reference implementation. */
const longestHeader = 100_000_000;

interface Extent {
  readonly path: string;
  /** Where the tensors begin. */
  readonly first: number;
  readonly size: number;
}

function placesIn(header: object, { path, first, size }: Extent): Map<string, TensorPlace> {
  const places = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]): [string, TensorPlace] => [
      name,
      placeOf(name, entry, { path, first, size }),
    ])
    .toSorted(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let next = first;
  for (const [name, { start, end }] of places) {
    if (start < next) throw damaged(path, `${excerptOf(name)} overlaps the tensor before it`);
    if (start > next) throw damaged(path, `there is a gap before ${excerptOf(name)}`);
    next = end;
  }
  if (next > size) throw damaged(path, `${next - size} bytes are missing`);
  if (next < size) throw damaged(path, `${size - next} bytes follow the last tensor`);
  return new Map(places);
}

function placeOf(name: string, entry: unknown, { path, first }: Extent): TensorPlace {
  const { dtype, shape, data_offsets: offsets }: Record<string, unknown> = { ...Object(entry) };
  const [start, end, more] = countsIn(offsets) ?? [];
  const sizes = countsIn(shape);
  const bytes = typeof dtype === "string" ? bytesPerNumber.get(dtype) : undefined;
  if (typeof dtype !== "string" || bytes === undefined || sizes === undefined) {
    throw damaged(path, `the type or shape of ${excerptOf(name)} is invalid`);
  }
  if (start === undefined || end === undefined || more !== undefined) {
    throw damaged(path, `the offsets of ${excerptOf(name)} are invalid`);
  }
  if (end - start !== sizes.reduce((product, length) => product * length, bytes)) {
    throw damaged(path, `the size of ${excerptOf(name)} does not match its shape`);
  }
  return { dtype, shape: sizes, start: first + start, end: first + end };
}

function countsIn(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const counts = value.filter((each): each is number => Number.isSafeInteger(each) && each >= 0);
  return counts.length === value.length ? counts : undefined;
}

function parsed(header: string, path: string): object {
  try {
    const value: unknown = JSON.parse(header);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  throw damaged(path, "its header is not a JSON object");
}

async function bytesOf(
  file: FileHandle,
  path: string,
  start: number,
  end: number,
): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(end - start);
  let position = 0;
  while (position < bytes.length) {
    const { bytesRead } = await file.read(
      bytes,
      position,
      bytes.length - position,
      start + position,
    );
    if (bytesRead === 0) throw damaged(path, "it ends too early");
    position += bytesRead;
  }
  return bytes;
}

/** All types of the format that take whole bytes. */
const bytesPerNumber: ReadonlyMap<string, number> = new Map([
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"].map((type) => [type, 1] as const),
  ...["I16", "U16", "F16", "BF16"].map((type) => [type, 2] as const),
  ...["I32", "U32", "F32"].map((type) => [type, 4] as const),
  ...["F64", "I64", "U64", "C64"].map((type) => [type, 8] as const),
]);

type Decode = (bytes: Buffer<ArrayBuffer>) => Float32Array;

/** `bytes` must start at an offset that is a multiple of 4, as a buffer of its own does. */
const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["F32", ({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / 4)],
  ["F16", (bytes) => Float32Array.from(halvesOf(bytes), halfToFloat)],
  [
    "BF16",
    (bytes) => new Float32Array(Uint32Array.from(halvesOf(bytes), (half) => half << 16).buffer),
  ],
]);

function halvesOf({ buffer, byteOffset, length }: Buffer<ArrayBuffer>): Uint16Array {
  return new Uint16Array(buffer, byteOffset, length / 2);
}

function damaged(path: string, reason: string): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected a whole safetensors file at ${path}, but ${reason}: delete the file and fetch it again.`,
  );
}
