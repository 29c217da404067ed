import { open, stat, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { requireText, RetrievalError } from "../errors.ts";
import { privateFileMode } from "../private-files.ts";
import { writeWhole } from "../whole-file.ts";
import { Breather } from "../breather.ts";

/** File format: eight bytes that identify it, the version of its layout, and how errors speak of it. */
export interface FileFormat {
  readonly magic: string;
  readonly version: number;
  /** What such a file is, as in "a saved index file". */
  readonly kind: string;
  readonly advice: {
    /** What to do if there is no such file. */
    readonly absent: string;
    /** What to do if the file has changed. */
    readonly damaged: string;
    /** What to do if the file may be another one, which must not be lost. */
    readonly foreign: string;
    /** What to do if another release wrote it. */
    readonly outdated: string;
  };
}

/** Alignment in bytes that suits every kind of typed array. */
const alignment = 8;
const headerBytes = 16;
const trailerBytes = 8;
const chunkBytes = 2 ** 20;

/** Appends to a file and keeps its checksum; buffers small pieces. */
export class CheckedWriter {
  readonly #file: FileHandle;
  readonly #waiting: Uint8Array = new Uint8Array(chunkBytes);
  #waitingBytes = 0;
  #length = 0;
  #checksum = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes appended so far. */
  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      const fitting = bytes.subarray(from, from + chunkBytes - this.#waitingBytes);
      this.#waiting.set(fitting, this.#waitingBytes);
      this.#waitingBytes += fitting.length;
      from += fitting.length;
      if (this.#waitingBytes === chunkBytes) await this.#flush();
    }
    this.#length += bytes.length;
  }

  /** Pads with zeros to the alignment of typed arrays. */
  async align(): Promise<void> {
    await this.append(new Uint8Array(-this.#length & (alignment - 1)));
  }

  /** Writes the checksum, and the length, which reveals a truncated file. */
  async finish(): Promise<void> {
    await this.align();
    await this.#flush();
    await this.append(bytesOf(Uint32Array.of(this.#length % 2 ** 32, this.#checksum)));
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = this.#waiting.subarray(0, this.#waitingBytes);
    this.#checksum = crc32(bytes, this.#checksum);
    for (let from = 0; from < bytes.length;) {
      from += (await this.#file.write(bytes, from)).bytesWritten;
    }
    this.#waitingBytes = 0;
  }
}

/** The bytes of a typed array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Writes a file of this format atomically. A new file is readable by its owner alone, because it may contain
 * texts.
 */
export async function writeChecked(
  path: string,
  { magic, version }: FileFormat,
  write: (writer: CheckedWriter) => Promise<void>,
): Promise<void> {
  const fill = async (draft: FileHandle): Promise<void> => {
    const writer = new CheckedWriter(draft);
    await writer.append(new TextEncoder().encode(magic));
    await writer.append(bytesOf(Uint32Array.of(version, 0)));
    await write(writer);
    await writer.finish();
  };
  await writeWhole(path, fill, { mode: privateFileMode });
}

/** Reads what `writeChecked` wrote, up to byte `end`; throws `index-damaged` if the file has changed. */
export async function readChecked(
  path: string,
  format: FileFormat,
): Promise<{ readonly buffer: ArrayBuffer; readonly end: number }> {
  const file = await openSaved(path, format);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    const end = await verify(file, { path, format, bytes });
    return { buffer: bytes.buffer, end };
  } finally {
    await file.close();
  }
}

/** Checks the file as `readChecked` does, but keeps no more than a chunk, and leaves it open for reading in parts. */
export async function openChecked(
  path: string,
  format: FileFormat,
): Promise<{ readonly file: FileHandle; readonly end: number }> {
  const file = await openSaved(path, format);
  try {
    return { file, end: await verify(file, { path, format }) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads the whole file, into `bytes` if they are given, and returns the end of what was written into it. */
async function verify(
  file: FileHandle,
  {
    path,
    format,
    bytes,
  }: {
    readonly path: string;
    readonly format: FileFormat;
    readonly bytes?: Uint8Array;
  },
): Promise<number> {
  const size = bytes?.length ?? (await file.stat()).size;
  const end = size - trailerBytes;
  const breather = new Breather();
  const chunk = new Uint8Array(bytes ? 0 : chunkBytes);
  let checksum = 0;
  for (let from = 0; from < size;) {
    const room = bytes?.subarray(from, from + chunkBytes) ?? chunk;
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, size - from), from);
    if (bytesRead === 0) throw damagedIndex(path, format);
    if (from === 0) requireFormat(path, room.subarray(0, bytesRead), format);
    checksum = crc32(room.subarray(0, Math.max(0, Math.min(bytesRead, end - from))), checksum);
    from += bytesRead;
    if (breather.isDue) await breather.pause();
  }
  if (end < headerBytes || size % alignment !== 0) throw damagedIndex(path, format);
  const trailer = new Uint32Array(2);
  await file.read(bytesOf(trailer), 0, trailerBytes, end);
  const [length, written] = trailer;
  if (length !== end % 2 ** 32 || written !== checksum) throw damagedIndex(path, format);
  return end;
}

async function openSaved(path: string, { kind, advice }: FileFormat): Promise<FileHandle> {
  requireText("path", path);
  try {
    // Opening a named pipe would block until it has a writer.
    const facts = await stat(path);
    if (facts.isFile()) return await open(path);
    throw new RetrievalError(
      "invalid-input",
      `Expected a saved ${kind} at ${path}, got ${facts.isDirectory() ? "a folder: pass the path of the file in it" : "something that is not a regular file: pass the path of the file"}.`,
    );
  } catch (cause) {
    if (cause instanceof RetrievalError) throw cause;
    throw new RetrievalError(
      "invalid-input",
      `Cannot open a saved ${kind} at ${path}: ${advice.absent}.`,
      { cause },
    );
  }
}

/** The error for a file whose content is not what was written. */
export function damagedIndex(
  path: string,
  { kind, advice }: FileFormat,
  cause?: unknown,
): RetrievalError {
  return new RetrievalError(
    "index-damaged",
    `The ${kind} at ${path} was truncated or changed after it was saved: ${advice.damaged}.`,
    { cause },
  );
}

function requireFormat(path: string, bytes: Uint8Array, format: FileFormat): void {
  const { magic, version, kind, advice } = format;
  if (bytes.length < headerBytes) throw damagedIndex(path, format);
  if (new TextDecoder("latin1").decode(bytes.subarray(0, magic.length)) !== magic) {
    throw new RetrievalError(
      "index-damaged",
      `The file at ${path} is not a saved ${kind}, or its beginning was changed: ${advice.foreign}.`,
    );
  }
  const found = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  if (found === version) return;
  throw new RetrievalError(
    "index-mismatch",
    `The ${kind} at ${path} has layout version ${found}, but this release reads version ${version}: ${advice.outdated}.`,
  );
}
