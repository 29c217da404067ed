import iconv from "iconv-lite";
import type { Breather } from "../breather.ts";
import { RetrievalError } from "../errors.ts";

export interface DecodeOptions {
  /**
   * The encoding of a text that has no byte order mark and is not UTF-8; without it, such a text is refused.
   */
  readonly encoding: string | undefined;
  readonly breather: Breather;
}

/** Encodings of iconv-lite that are not used for text files: texts that represent bytes, and those for mail. */
const noTextFiles: ReadonlySet<string> = new Set([
  "base64",
  "hex",
  "binary",
  "utf7",
  "utf7imap",
  "unicode11utf7",
]);

/** Throws `invalid-option` if the name is not an encoding of text files. */
export function requireEncoding(encoding: string | undefined): void {
  if (encoding === undefined) return;
  if (iconv.encodingExists(encoding) && !noTextFiles.has(plainName(encoding))) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`encoding\` to be the name of a text encoding, such as "windows-1252" or "shift_jis", got ${JSON.stringify(encoding)}.`,
  );
}

/**
 * Decodes a file by its byte order mark, else as UTF-8, else in the named encoding. Bytes with a mark are in
 * its encoding or broken, so the named encoding is not tried. A text never contains U+0000.
 */
export async function decodeText(
  bytes: Uint8Array,
  { encoding, breather }: DecodeOptions,
): Promise<string | { readonly reason: "binary" | "not-utf-8" }> {
  const marked = encodingByMark(bytes);
  const holdsZero = bytes.includes(0);
  let text: string | undefined;
  if (marked !== undefined) text = await decoded(bytes, strictDecoder(marked), breather);
  else if (!holdsZero) text = await decoded(bytes, strictDecoder("utf-8"), breather);
  if (text === undefined && marked === undefined && encoding !== undefined) {
    text = await decoded(bytes, namedDecoder(encoding), breather);
  }
  if (text?.includes("\0") === true) return { reason: "binary" };
  if (text !== undefined) return text;
  // Decoded as UTF-8, it would be unreadable.
  return { reason: marked === undefined && holdsZero ? "binary" : "not-utf-8" };
}

/** The longest mark first: that of UTF-32 begins like that of UTF-16. */
const marks: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ["utf-32le", [0xff, 0xfe, 0, 0]],
  ["utf-32be", [0, 0, 0xfe, 0xff]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

function encodingByMark(bytes: Uint8Array): string | undefined {
  return marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
}

interface Decoder {
  /** Throws if the bytes are not in its encoding. */
  decode(bytes: Uint8Array, options: { readonly stream: boolean }): string;
}

function strictDecoder(encoding: string): Decoder {
  if (!encoding.startsWith("utf-32")) return new TextDecoder(encoding, { fatal: true });
  const decoder = tolerantDecoder(encoding);
  return {
    decode(bytes, options) {
      const text = decoder.decode(bytes, options);
      if (!text.includes("\uFFFD")) return text;
      throw new RangeError(`The bytes are not valid ${encoding}.`);
    },
  };
}

/** Almost any bytes are valid UTF-16, so a decoding error is no reason to be tolerant. */
function namedDecoder(encoding: string): Decoder {
  const name = plainName(encoding);
  if (name === "utf16be") return strictDecoder("utf-16be");
  return name === "utf16le" || name === "ucs2"
    ? strictDecoder("utf-16le")
    : tolerantDecoder(encoding);
}

/** `TextDecoder` is not usable here: Node 20 decodes windows-1252 as ISO 8859-1. */
function tolerantDecoder(encoding: string): Decoder {
  const decoder = iconv.getDecoder(encoding);
  return {
    decode(bytes, { stream }) {
      const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return stream ? text : text + (decoder.end() ?? "");
    },
  };
}

/** A name as iconv-lite compares it: `UTF-16LE` equals `utf16le`. */
function plainName(encoding: string): string {
  return encoding.toLowerCase().replaceAll(/:\d{4}$|[^0-9a-z]/g, "");
}

/** Bytes that are decoded in about a millisecond. */
const sliceBytes = 2 ** 20;

/** Decodes bytes, with pauses for other work; `undefined` if the decoder refuses them. */
async function decoded(
  bytes: Uint8Array,
  decoder: Decoder,
  breather: Breather,
): Promise<string | undefined> {
  let text = "";
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    if (breather.isDue) await breather.pause();
    const isLast = start + sliceBytes >= bytes.length;
    try {
      const slice = bytes.subarray(start, start + sliceBytes);
      text += decoder.decode(slice, { stream: !isLast });
    } catch {
      return undefined;
    }
  }
  return text;
}
