import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import {
  bytesOf,
  damagedIndex,
  openChecked,
  writeChecked,
  type CheckedWriter,
} from "../checked-files/checked-file.ts";
import { SectionReader, SectionWriter } from "../checked-files/sections.ts";
import { Breather } from "../breather.ts";
import { RetrievalError } from "../errors.ts";
import type { QuantizedVectors } from "./quantize.ts";

/** The int8 vectors of one text. */
export interface SavedVectors extends QuantizedVectors {
  /** How many tokens of the text did not fit the window. */
  readonly truncatedTokens: number;
}

/** The position of a text's vectors in the file, and what their content must be. */
interface Entry {
  readonly start: number;
  /** Number of vectors. */
  readonly count: number;
  readonly truncatedTokens: number;
  readonly checksum: number;
}

const format = {
  magic: "MVECLCRR",
  version: 1,
  kind: "file of token vectors",
  advice: {
    absent: "call `store` first, with the texts to search",
    damaged: "delete it, then call `store` again, or restore a copy",
    foreign: "pass another path as `vectors`, or delete the file, then call `store` again",
    outdated: "call `store` again",
  },
};
const keyBytes = 32;

/** A text's key: its SHA-256. A text that has changed has another key, so its old vectors are never used. */
function keyOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Token vectors of texts in one file. Only the keys and positions are kept in memory; vectors are read on demand, and
 * their checksum is compared each time.
 */
export class VectorFile {
  readonly path: string;
  /** What made the vectors; others must not be compared with them. */
  readonly settings: string;
  readonly #file: FileHandle;
  readonly #width: number;
  /** All keys, in ascending order. */
  readonly #keys: Uint8Array;
  readonly #starts: Float64Array;
  /** `count`, `truncatedTokens` and `checksum` of each entry. */
  readonly #facts: Int32Array;
  #isClosed = false;

  private constructor(
    path: string,
    file: FileHandle,
    tail: SectionReader,
    settings: SavedSettings,
  ) {
    this.path = path;
    this.#file = file;
    this.settings = settings.settings;
    this.#width = settings.width;
    this.#keys = tail.bytes("keys");
    this.#starts = tail.fractions("starts");
    this.#facts = tail.integers("facts");
  }

  /**
   * Opens a file that `writeVectors` wrote.
   *
   * @throws `index-damaged` if it has changed since; `index-mismatch` if another release wrote it; `invalid-input` if
   * there is no such file
   */
  static async open(path: string): Promise<VectorFile> {
    const { file, end } = await openChecked(path, format);
    try {
      const origin = new Float64Array(1);
      const tailEnd = end - origin.byteLength;
      await readInto(file, bytesOf(origin), tailEnd);
      const [start = 0] = origin;
      const tail = new Uint8Array(tailEnd - start);
      await readInto(file, tail, start);
      const sections = new SectionReader(tail.buffer, tail.length, start);
      return new VectorFile(path, file, sections, await readSettings(sections));
    } catch (cause) {
      await file.close();
      throw damagedIndex(path, format, cause);
    }
  }

  get size(): number {
    return this.#starts.length;
  }

  /** The vectors of each text; `undefined` for one that the file does not have, and for all once it is closed. */
  async read(texts: readonly string[]): Promise<(SavedVectors | undefined)[]> {
    return Promise.all(texts.map((text) => this.#readOne(text)));
  }

  async #readOne(text: string): Promise<SavedVectors | undefined> {
    const entry = this.#isClosed ? undefined : this.#find(keyOf(text));
    if (!entry) return undefined;
    const { start, count, truncatedTokens, checksum } = entry;
    const scales = new Float32Array(count);
    const bytes = new Uint8Array(scales.byteLength + count * this.#width);
    await readInto(this.#file, bytes, start).catch((cause: unknown) => {
      throw damagedIndex(this.path, format, cause);
    });
    if (crc32(bytes) !== checksum) throw damagedIndex(this.path, format);
    bytesOf(scales).set(bytes.subarray(0, scales.byteLength));
    return { values: new Int8Array(bytes.buffer, scales.byteLength), scales, truncatedTokens };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#file.close();
  }

  #find(key: Buffer): Entry | undefined {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = key.compare(this.#keys, middle * keyBytes, (middle + 1) * keyBytes);
      if (order === 0) {
        const [count = 0, truncatedTokens = 0, checksum = 0] = this.#facts.subarray(3 * middle);
        const start = this.#starts[middle] ?? 0;
        return { start, count, truncatedTokens, checksum: checksum >>> 0 };
      }
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }
}

interface SavedSettings {
  readonly settings: string;
  readonly width: number;
}

async function readSettings(sections: SectionReader): Promise<SavedSettings> {
  for await (const found of sections.values("settings")) {
    const [settings, width]: unknown[] = ["settings", "width"].map((name) =>
      Reflect.get(Object(found), name),
    );
    if (typeof settings === "string" && typeof width === "number") return { settings, width };
  }
  throw new TypeError("The settings are missing.");
}

/** Vectors to be saved, and the text they belong to. */
export interface NewVectors extends SavedVectors {
  readonly text: string;
}

/** Writes the vectors of each text, in any order, as one file that replaces an older one. */
export async function writeVectors(
  path: string,
  settings: string,
  all: AsyncIterable<NewVectors>,
): Promise<void> {
  await writeChecked(path, format, async (writer) => {
    const entries: KeyedEntry[] = [];
    let width = 0;
    for await (const { text, values, scales, truncatedTokens } of all) {
      const count = scales.length;
      if (count > 0) width = values.length / count;
      const [start, checksum] = await append(writer, [bytesOf(scales), bytesOf(values)]);
      entries.push({ key: keyOf(text), start, count, truncatedTokens, checksum });
    }
    await writer.align();
    const tailStart = writer.length;
    const sorted = await sortByKey(entries);
    const sections = new SectionWriter(writer);
    await sections.putValues("settings", [{ settings, width } satisfies SavedSettings]);
    await sections.put(
      "keys",
      sorted.map(({ key }) => key),
    );
    await sections.put("starts", [bytesOf(Float64Array.from(sorted, ({ start }) => start))]);
    await sections.putIntegers(
      "facts",
      sorted.flatMap(({ count, truncatedTokens, checksum }) => [count, truncatedTokens, checksum]),
    );
    await sections.finish();
    await writer.append(bytesOf(Float64Array.of(tailStart)));
  });
}

interface KeyedEntry extends Entry {
  readonly key: Buffer;
}

/** Sorts in parts, by the first byte of the key, with pauses for other work. */
async function sortByKey(entries: readonly KeyedEntry[]): Promise<KeyedEntry[]> {
  const parts = Array.from({ length: 256 }, (): KeyedEntry[] => []);
  for (const entry of entries) parts[entry.key[0] ?? 0]?.push(entry);
  const breather = new Breather();
  for (const part of parts) {
    part.sort((a, b) => a.key.compare(b.key));
    if (breather.isDue) await breather.pause();
  }
  return parts.flat();
}

/** Appends the pieces; returns where they start, and their checksum. */
async function append(
  writer: CheckedWriter,
  pieces: readonly Uint8Array[],
): Promise<readonly [number, number]> {
  const start = writer.length;
  let checksum = 0;
  for (const piece of pieces) {
    checksum = crc32(piece, checksum);
    await writer.append(piece);
  }
  return [start, checksum];
}

/** Fills `bytes` from `position` on. */
async function readInto(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const { bytesRead } = await file.read(bytes, from, bytes.length - from, position + from);
    if (bytesRead === 0) throw new RangeError("The file ends too early.");
    from += bytesRead;
  }
}

/** Refuses vectors that were made by another model or with other settings. */
export function requireSameVectors({ path, settings }: VectorFile, expected: string): void {
  if (settings === expected) return;
  throw new RetrievalError(
    "index-mismatch",
    `The vectors at ${path} were made by ${settings}, but this scorer is ${expected}: store the texts again, or pass the options that they were stored with.`,
  );
}
